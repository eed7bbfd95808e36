"""inv promote: move the revisions that an environment pins, and show what that does; or tell how far each lags."""

from __future__ import annotations

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.hydrate.fast import fast_findings
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.selection import Selection
from penstock.platform import environments
from penstock.platform.environments import Pins
from penstock.platform.layout import Layout, find_platform
from penstock.promotion import next as due
from penstock.promotion import settings, steps
from penstock.promotion.move import Move, move
from penstock.promotion.waiting import Waiting, waiting
from penstock.verbs import review
from penstock.verbs.hydrate import show, update

_SHOWN = 12
_MOST = 3


def promote(to: str, source: str, components: list[str], revision: str, platform: str = "") -> None:
    """Move the pins of an environment, hydrate it and those that extend it, and print the review of this step.

    Raises PenstockError for stale manifests, and what the move and hydration raise; nothing is changed then.
    """
    layout = find_platform(platform)
    if not to:
        known = ", ".join(environments.names(layout))
        raise PenstockError(
            "which environment?", f"inv promote ENV, with one of {known}; --plan shows how far each lags"
        )
    step = move(layout, to, source, components, revision)
    old = step.path.read_bytes()
    if step.text.encode() == old:
        console.good(f"{to}: nothing to promote, its pins are these already")
        return
    _refuse_stale(layout, step.environments)
    before = steps.on_disk(layout, step.environments)
    try:
        write_atomically(step.path, step.text.encode())
        summaries = update(Selection(tuple(step.environments)), [], str(layout.root))
    except BaseException:
        write_atomically(step.path, old)
        raise
    show(summaries)
    for line in _moved(step):
        console.info(line)
    found = steps.review(layout, before, steps.on_disk(layout, step.environments), ("before", "working tree"))
    review.text(found)
    for line, hint in found.failures:
        console.warn(f"the gate `review` will refuse it: {line}")
        console.hint(hint)
    console.good(f"{layout.relative(step.path)} is changed; commit it with manifests/")


def plan(to: str, as_json: bool, platform: str = "") -> None:
    """Print how far an environment lags behind the working tree, or all of them."""
    layout = find_platform(platform)
    found = Revisions(layout)
    every = [waiting(layout, name, found) for name in environments.pick(layout, to)]
    if as_json:
        _print(every)
        return
    for each in every:
        _lag(each)


def decide(to: str, as_json: bool, platform: str = "") -> None:
    """Print the promotions that are due by promotion.yaml, and why the other environments get none.

    Raises PenstockError if an environment is given: promotion.yaml chooses them.
    """
    if to:
        raise PenstockError(
            f"--next takes no environment, and `{to}` was given", "leave it out, or use --plan, which takes one"
        )
    layout = find_platform(platform)
    decision = due.decide(layout, settings.read(layout))
    if as_json:
        _print(decision)
        return
    for proposal in decision.proposals:
        console.out(f"{proposal.title}: {_count(proposal.commits, 'commit')}")
        console.out(f"  inv promote {' '.join(proposal.argv)}")
    for held in decision.held:
        console.out(f"{held.environment}: {held.reason}")


def _refuse_stale(layout: Layout, names: list[str]) -> None:
    stale = [line.text for name in names for line in fast_findings(layout, name)]
    if stale:
        more = f" (and {len(stale) - 1} more)" if len(stale) > 1 else ""
        raise PenstockError(
            f"the review would show more than the promotion: {stale[0]}{more}", "run `inv hydrate` and commit first"
        )


def _moved(step: Move) -> list[str]:
    lines = [_line("all components", step.before.revision, step.after.revision)]
    names = sorted({*step.before.components, *step.after.components})
    lines += [_line(name, _of(step.before, name), _of(step.after, name)) for name in names]
    return [line for line in lines if line]


def _of(pins: Pins, component: str) -> str:
    return pins.of(component) or environments.WORKING_TREE


def _line(what: str, old: str, new: str) -> str:
    return f"  {what}: {old[:_SHOWN]} → {new[:_SHOWN]}" if old != new else ""


def _lag(each: Waiting) -> None:
    if not each.components:
        console.out(f"{each.environment}: renders the working tree")
        return
    risks = f"{_count(len(each.risks), 'risk')} of severity {each.highest}" if each.risks else "no risks"
    console.out(
        f"{each.environment}: {_count(each.commits, 'commit')} behind for {_count(each.days, 'day')}; "
        f"{_count(each.changes, 'object')} would change, {risks}"
    )
    for lag in (one for one in each.components if one.commits):
        behind = f"{_count(lag.commits, 'commit')}, {_count(lag.days, 'day')}"
        console.out(f"  {lag.component} at {lag.revision[:_SHOWN]}: {behind}")
    for risk in each.risks[:_MOST]:
        console.out(f"  {each.highest}: {risk}")
    if len(each.risks) > _MOST:
        console.out(f"  and {_count(len(each.risks) - _MOST, 'more risk')}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print(found: object) -> None:
    console.out(msgspec.json.format(msgspec.json.encode(found)).decode())

"""Make the review of a change: compare both ends of each environment, and apply the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.hydrate.lock import FORMAT, format_of
from penstock.kube.flux import NAMESPACE
from penstock.platform import environments, lineage
from penstock.platform.environments import Wanted
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.review import ends, guard, settings
from penstock.review.ends import End
from penstock.review.model import Environment, Review
from penstock.review.settings import Settings
from penstock.review.world import Parsed, World, Worlds


def review(layout: Layout, base: str = "", head: str = "", environment: Wanted = None) -> Review:
    """Return the review from `base` to `head`; by default from the merge base with the default branch to the files.

    Raises PenstockError for an unknown revision or environment, a file without an object, and invalid settings.
    """
    with ends.ends(layout, base, head) as (old, new, notes):
        return between(layout, old, new, notes, environment)


def between(layout: Layout, old: End, new: End, notes: list[str], environment: Wanted = None) -> Review:
    """Return the review from one end to another; raises the errors of `review`."""
    chosen = settings.read(new.layout.root)
    every_one = _environments(_names(layout, old, new, environment), old, new, chosen)
    return judged(Review(base=old.name, head=new.name, environments=every_one, notes=notes), chosen)


def judged(review: Review, chosen: Settings) -> Review:
    """Return the review with the reasons for which it fails: risks above the limits, and deletions by surprise."""
    return msgspec.structs.replace(
        review,
        failures=list(_failures(review.environments, chosen)),
        unguarded=guard.failure(review.environments, chosen.prune),
        guarded=list(guard.needed(review.environments, chosen.prune)),
    )


def _names(layout: Layout, old: End, new: End, environment: Wanted) -> list[str]:
    known = sorted(old.trees.keys() | new.trees.keys())
    patterns = [each for each in ([environment] if isinstance(environment, str) else environment or []) if each]
    for pattern in patterns:
        if not environments.matching(known, pattern):
            raise PenstockError(
                f"unknown environment `{pattern}`: neither end has manifests/{pattern}",
                did_you_mean(pattern, known, f"there are {', '.join(known)}"),
            )
    found = {name for pattern in patterns for name in environments.matching(known, pattern)} if patterns else {*known}
    if layout.limits is not None:
        # One that is no longer listed belongs to no share of the environments, so it is in each.
        found -= {*environments.names(layout)} - {*environments.chosen(layout)}
    return sorted(found)


def _environments(names: list[str], old: End, new: End, chosen: Settings) -> list[Environment]:
    parsed: Parsed = {}
    every = []
    for name in names:
        model = _model(name, old, new)
        places = [environments.place(new.layout, each) for each in (model, name)] if model else []
        known = _moved(new.trees[model], *places) if model else old.trees.get(name, {})
        before, after = World(name, known, parsed), World(name, new.trees.get(name, {}), parsed)
        every.append(Worlds(before, after, bool(model), tuple(_notes(name, old, new, model))))
    found = {one.after.environment: Environment(name=one.after.environment, notes=[*one.notes]) for one in every}
    differing = [one for one in every if one.before.files != one.after.files]
    if differing:
        from penstock.review import compared  # the rules, and all that they need

        found |= {each.name: each for each in compared.environments(differing, old, new, chosen)}
    return [*found.values()]


def _model(name: str, old: End, new: End) -> str:
    """Return the environment that a new one extends, and is compared with: it has no cluster yet; empty if none."""
    if name in old.trees:
        return ""
    return next((each for each in lineage.names(new.layout, name)[1:] if each in new.trees), "")


def _moved(tree: dict[str, bytes], theirs: str, ours: str) -> dict[str, bytes]:
    """Return a tree with the paths of another one, which Flux's objects name: the folders in their repositories."""
    if theirs and ours:
        return {path: text.replace(f"{theirs}/".encode(), f"{ours}/".encode()) for path, text in tree.items()}
    old, new = (f"\n  path: ./{place}{place and '/'}".encode() for place in (theirs, ours))
    return {path: text.replace(old, new) if path.startswith(NAMESPACE) else text for path, text in tree.items()}


def _notes(name: str, old: End, new: End, model: str) -> Iterator[str]:
    for end, other in ((old, new), (new, old)):
        if name not in end.trees:
            if model:
                yield f"the environment is new, and compared with {model}, which it extends"
                continue
            verb = "removed" if end is new else "added"
            yield f"the environment exists only at {other.name}: all of its objects are {verb}"
            continue
        found = format_of(end.trees[name].get(LOCK_NAME, b""))
        if found != FORMAT:
            shown = f"has format {found}, and this Penstock writes {FORMAT}" if found else "is missing or damaged"
            yield f"the lock at {end.name} {shown}: the manifests are compared as they are"
    if old.trees.get(name) != new.trees.get(name):
        for end in (old, new):
            lines = end.stale(name) if name in end.trees else []
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            if lines:
                yield f"stale at {end.name}, compared as it is: {lines[0]}{more}"


def _failures(every_one: list[Environment], chosen: Settings) -> Iterator[tuple[str, str]]:
    unguarded = guard.failure(every_one, chosen.prune)
    if unguarded:
        yield unguarded
    alike: dict[str, list[str]] = {}
    for each in every_one:
        count = Counter(risk.severity for risk in each.risks if chosen.fails(risk))
        if count:
            counts = ", ".join(f"{number} of severity {severity}" for severity, number in count.items())
            alike.setdefault(counts, []).append(each.name)
    fix = f"fix them, or switch a rule off for an object in {settings.FILE}, with the reason"
    yield from ((f"{environments.shown(names)}: risks: {counts}", fix) for counts, names in alike.items())

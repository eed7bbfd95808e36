"""Decide which promotions are due, by promotion.yaml: the workflow opens a pull request for each."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from penstock.hydrate import lock
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.pinned import Revisions, components
from penstock.platform import environments
from penstock.platform.environments import WORKING_TREE
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.promotion.settings import Promotion
from penstock.promotion.waiting import sources
from penstock.tools import github, history

Checks = Callable[[Path, str], dict[str, str]]
# So many commits are asked for their checks.
_MOST = 50
# GitHub's conclusions that don't fail a required check.
_PASSED = ("success", "neutral", "skipped")


class Proposal(msgspec.Struct, frozen=True):
    """A promotion that is due: `argv` are the arguments of `inv promote`, `branch` and `title` of the pull request."""

    environment: str
    before: list[str]
    revision: str
    components: list[str]
    commits: int
    argv: list[str]
    branch: str
    title: str


class Held(msgspec.Struct, frozen=True):
    """An environment that gets nothing now, and why."""

    environment: str
    reason: str


class Decision(msgspec.Struct, frozen=True):
    """The promotions that are due, and the environments of the later steps without one."""

    proposals: list[Proposal]
    held: list[Held]


class _Refusal(Exception):
    """Why an environment gets nothing."""


def decide(layout: Layout, order: Promotion, checks: Checks = github.conclusions, now: float | None = None) -> Decision:
    """Return what is due at a time, by default now; raises PenstockError if a pin can't be read, or gh fails."""
    proposals, held = [], []
    found = _Due(layout, order, checks, now or time.time())
    for before, step in zip(order.order, order.order[1:], strict=False):
        for name in step:
            try:
                proposals.append(found.proposal(name, before))
            except _Refusal as refusal:
                held.append(Held(name, str(refusal)))
    return Decision(proposals, held)


class _Due:
    def __init__(self, layout: Layout, order: Promotion, checks: Checks, now: float) -> None:
        self.layout, self.order, self.checks, self.now = layout, order, checks, now
        self.found = Revisions(layout)

    def proposal(self, name: str, before: list[str]) -> Proposal:
        locked = lock.read(self.layout.tree(name), f"manifests/{name}").components
        pins = environments.pins(self.layout, name)
        pinned = {each: entry for each, entry in locked.items() if entry.commit and pins.of(each)}
        if not pinned:
            raise _Refusal("it renders the working tree: `inv promote` with --revision pins it once")
        components(self.found, name)  # names the place of a pin that can't be read
        revision = self._revision(pinned, before)
        commit = self.found.commit(revision)
        commits = {
            each
            for component, entry in pinned.items()
            for each, _ in history.between(self.layout.root, entry.commit, commit, list(sources(component, entry)))
        }
        if not commits:
            raise _Refusal(f"nothing of what it pins changed up to {revision[:12]}")
        names = [] if pins.revision != WORKING_TREE else sorted(pinned)
        shown = f" ({', '.join(names)})" if names else ""
        return Proposal(
            environment=name,
            before=before,
            revision=revision,
            components=names,
            commits=len(commits),
            argv=[name, "--revision", revision, *(word for each in names for word in ("-c", each))],
            branch=f"promotion/{name}",
            title=f"Promote {name}{shown} to {revision[:12]}",
        )

    def _revision(self, pinned: dict[str, LockedComponent], before: list[str]) -> str:
        """Return the revision that all environments of the step before render these components from."""
        theirs = {
            pins.of(name) for each in before for pins in [environments.pins(self.layout, each)] for name in pinned
        }
        if theirs == {""}:
            return self._tip({entry.commit for entry in pinned.values()})
        if len(theirs) > 1:
            shown = ", ".join(sorted(one[:12] or "the working tree" for one in theirs))
            raise _Refusal(f"{', '.join(before)} don't agree on a revision: {shown}")
        (revision,) = theirs
        since = max(self._hydrated_at(each) for each in before)
        if since > self.now - self.order.seconds:
            raise _Refusal(f"{', '.join(before)} changed less than {self.order.minimum_age} ago")
        if fault := self._fault(self.found.commit(revision)):
            raise _Refusal(fault)
        return revision

    def _hydrated_at(self, name: str) -> int:
        """Return the time of the commit that changed the manifests of an environment last."""
        place = environments.place(self.layout, name)
        folder = self.layout.root if place else self.layout.tree(name)
        return history.changed_at(folder, f"{place}/{LOCK_NAME}".removeprefix("/"))

    def _tip(self, reached: set[str]) -> str:
        """Return the newest commit of the branch that is old enough and whose checks passed, up to those `reached`.

        Of several commits that were pushed together, only the last one has checks.
        """
        reason = f"no commit is {self.order.minimum_age} old"
        old = [commit for commit, at in history.tips(self.layout.root) if at <= self.now - self.order.seconds]
        for number, commit in enumerate(old[:_MOST]):
            fault = self._fault(commit)
            if not fault:
                return commit
            reason = fault if number == 0 else reason
            if commit in reached:
                break
        raise _Refusal(reason)

    def _fault(self, commit: str) -> str:
        """Return what is wrong with the checks of a commit; empty if they passed."""
        actual = self.checks(self.layout.root, commit) if self.order.checks else {}
        for name in self.order.checks:
            if actual.get(name) not in _PASSED:
                return f"the check `{name}` of {commit[:12]} {'has not passed' if name in actual else 'has not run'}"
        return ""

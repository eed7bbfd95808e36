"""How far Flux is with each component of a leg, and whether anything more will happen without a new commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from penstock.gitops.objects import ROOT
from penstock.gitops.status import FAILURES, Kustomization
from penstock.review.rehearsal import Refusal, Span

Items = Mapping[str, Kustomization]
# Seconds after which an attempt waits for objects to become Ready, and may end well.
_ATTEMPT = 5.0


@dataclass
class _Failure:
    message: str
    since: float
    until: float | None = None


@dataclass
class _Seen:
    """A component as it was seen until now.

    `failing` is since when Flux has failed to apply it, `trying` since when it is at an attempt.
    """

    applied: float | None = None
    ready: float | None = None
    failing: float | None = None
    trying: float | None = None
    failures: list[_Failure] = field(default_factory=list)

    def failed(self, message: str, now: float) -> None:
        self.failing = now if self.failing is None else self.failing
        if not self.failures or self.failures[-1].until is not None or self.failures[-1].message != message:
            self.recovered(now)
            self.failures.append(_Failure(message, now))

    def recovered(self, now: float) -> None:
        if self.failures and self.failures[-1].until is None:
            self.failures[-1].until = now


class Progress:
    """The progress of a leg to `revision`. Times are seconds since the leg began.

    `own` are the Kustomizations that apply the revision, `nested` those with other sources. A component whose failure
    lasts longer than `patience` is given up; so are those that wait for it, and those that wait for each other.
    """

    def __init__(self, own: Iterable[str], nested: Iterable[str], revision: str, patience: float) -> None:
        self._own, self._revision, self._patience = {ROOT, *own}, revision, patience
        self._seen = {name: _Seen() for name in sorted({*self._own, *nested})}
        self._leaving: set[str] = set()
        self._items: Items = {}
        self._wiped = False

    def look(self, items: Items, now: float) -> None:
        """Record what Flux reports at a time."""
        self._wiped = not items and (self._wiped or bool(self._items))
        self._items = items
        self._leaving = set(items) - set(self._seen)
        for name, seen in self._seen.items():
            if item := items.get(name):
                self._record(item, seen, now)

    def _record(self, item: Kustomization, seen: _Seen, now: float) -> None:
        done, begun = self._is_done(item), self._has_begun(item)
        if begun and seen.applied is None:
            seen.applied = now
        if done:
            seen.recovered(now)
            seen.ready, seen.failing, seen.trying = (now if seen.ready is None else seen.ready), None, None
            return
        seen.ready = None  # the root may have changed it since
        if item.reason not in FAILURES:
            seen.trying = now if seen.trying is None else seen.trying
            return
        seen.trying = None
        # A source that was just created has nothing to apply until its first fetch.
        fetching = item.reason == "ArtifactFailed"
        if fetching and (seen.failing is None or now - seen.failing <= self._patience):
            seen.failing = now if seen.failing is None else seen.failing
        elif begun or fetching:
            seen.failed(" ".join(item.message.split()), now)

    def _has_begun(self, item: Kustomization) -> bool:
        return item.name not in self._own or self._revision in (item.attempted, item.revision)

    def _is_done(self, item: Kustomization) -> bool:
        return item.ready and (item.name not in self._own or item.revision == self._revision)

    def done(self, name: str) -> bool:
        """Whether a component is Ready at the revision."""
        return name in self._seen and self._seen[name].ready is not None

    @property
    def ready(self) -> bool:
        """Whether all are Ready, and those that the revision lacks are gone."""
        return all(map(self.done, self._seen)) and not self._leaving

    def settled(self, now: float) -> bool:
        """Whether nothing more will happen: no component can become Ready, or Flux's objects are all gone."""
        return self._wiped or not self._can_finish(now)

    def waiting(self, now: float) -> list[str]:
        """The components that can still become Ready or go."""
        return sorted(self._can_finish(now))

    def _can_finish(self, now: float) -> set[str]:
        """Those that wait only for what is done or can finish; a cycle of dependencies never gets in."""
        late = {name for name in self._seen if not self.done(name)} - self._given_up(now)
        hopeful: set[str] = set()
        while True:
            more = {name for name in late - hopeful if self._needs(name) <= hopeful}
            if not more:
                return hopeful | (self._leaving if self._source_is_there() else set())
            hopeful |= more

    def _given_up(self, now: float) -> set[str]:
        return {
            name
            for name, seen in self._seen.items()
            if seen.failing is not None
            and now - seen.failing > self._patience
            and (seen.trying is None or now - seen.trying < _ATTEMPT)
        }

    def _needs(self, name: str) -> set[str]:
        """What a component waits for: its dependencies that aren't done; the root, if that hasn't created it yet."""
        item = self._items.get(name)
        needed = {ROOT} - {name} if item is None else set(item.depends_on)
        return {each for each in needed if not self.done(each)}

    def _source_is_there(self) -> bool:
        return not any(item.reason == "ArtifactFailed" for item in self._items.values())

    def spans(self) -> list[Span]:
        """The components in the order in which Flux began with them."""
        found = [
            Span(component=name, applied=seen.applied, ready=seen.ready, retries=len(seen.failures))
            for name, seen in self._seen.items()
        ]
        return sorted(found, key=lambda span: (span.applied is None, span.applied or 0, span.component))

    def refusals(self) -> list[Refusal]:
        """Every failure that Flux reported, by time."""
        found = [
            Refusal(component=name, message=each.message, since=each.since, until=each.until)
            for name, seen in self._seen.items()
            for each in seen.failures
        ]
        return sorted(found, key=lambda each: (each.since, each.component))

    def stuck(self) -> list[tuple[str, str]]:
        """The components that aren't Ready, with Flux's words about each."""
        late = [(name, self._items.get(name)) for name in self._seen if not self.done(name)]
        return [(name, " ".join(item.message.split()) if item else "it has no Kustomization") for name, item in late]

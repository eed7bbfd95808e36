"""The step from the base to the head of one environment: what each object was, is, and what follows on the cluster."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from penstock.kube import flux
from penstock.kube.ref import ObjectRef
from penstock.review.ends import Sources
from penstock.review.model import Effect, What
from penstock.review.trees import Item
from penstock.review.world import World

if TYPE_CHECKING:
    from penstock.review.flows import Flow

_ALIKE, _LEAST = 0.8, 4


@dataclass(frozen=True)
class Delta:
    """An object before and after; of a renamed object, `old` has the old name. `effects` are those of Flux."""

    old: Item | None
    new: Item | None
    what: What
    effects: tuple[Effect, ...] = field(default=(), compare=False)

    @property
    def item(self) -> Item:
        """The object as it is after the change, or was before its removal."""
        found = self.new or self.old
        assert found
        return found

    @property
    def ref(self) -> ObjectRef:
        """Its identity."""
        return self.item.ref

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.item.kind

    @property
    def replaced(self) -> bool:
        """Whether the old object is deleted: it is removed or renamed."""
        return self.old is not None and (self.new is None or self.new.ref != self.old.ref)

    def is_(self, what: str) -> bool:
        """Whether it has an effect of this kind."""
        return any(effect.what == what for effect in self.effects)

    def __hash__(self) -> int:
        """By identity, since contents aren't hashable."""
        return hash(self.ref)


@dataclass(frozen=True)
class Step:
    """Both ends of an environment, the objects that differ, and the sources with the contracts of each end."""

    before: World
    after: World
    deltas: tuple[Delta, ...]
    sources: tuple[Sources, Sources]

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self.after.environment

    def of(self, *kinds: str) -> Iterator[Delta]:
        """Yield what differs of these kinds."""
        return (delta for delta in self.deltas if delta.ref.kind in kinds)

    @cached_property
    def flows(self) -> list[Flow]:
        """The connections that are allowed at one end alone; raises PenstockError if a policy can't be evaluated."""
        from penstock.review import flows  # all of the policies' engine, which few changes need

        return list(flows.compare(self.before, self.after))


def pair(before: World, after: World, *, renames: bool = True) -> Iterator[Delta]:
    """Yield the objects that differ, without their effects. With `renames`, a renamed object is one delta."""
    paths = {*before.files, *after.files}
    paths = {path for path in paths if before.files.get(path) != after.files.get(path)}
    old, new = (
        {item.ref: item for item in map(world.item, [path for path in world.paths if path in paths])}
        for world in (before, after)
    )
    moved = {(old[ref].component, new[ref].component) for ref in old.keys() & new.keys()}
    gone, come = ([each[ref] for ref in each.keys() - other.keys()] for each, other in ((old, new), (new, old)))
    renamed = dict(_renamed(gone, come, moved)) if renames else {}
    for ref in sorted(old.keys() | new.keys()):
        was, now = old.get(ref), new.get(ref)
        if was and now:
            if was.component != now.component:
                yield Delta(was, now, "moved")
            elif was.content != now.content:
                yield Delta(was, now, "changed")
        elif was and ref not in renamed:
            yield Delta(was, None, "removed")
        elif now and ref in renamed.values():
            yield Delta(old[next(one for one, to in renamed.items() if to == ref)], now, "renamed")
        elif now:
            yield Delta(None, now, "added")


def _renamed(
    old: Iterable[Item], new: Iterable[Item], moved: Container[tuple[str, str]]
) -> Iterator[tuple[ObjectRef, ObjectRef]]:
    """Yield the removed objects that exist under another name with nearly the same content, each once.

    The Kustomizations of all components are alike, so what counts is whether their objects have moved.
    """
    taken: set[ObjectRef] = set()
    candidates = sorted(new, key=lambda item: item.ref)
    for was in sorted(old, key=lambda item: item.ref):
        scored = [
            (_likeness(was, now), now.ref)
            for now in candidates
            if now.ref[:2] == was.ref[:2] and now.ref not in taken and now.component == was.component
            if was.ref.group != flux.GROUP or (was.name, now.name) in moved
        ]
        best = max(scored, default=(0.0, was.ref))
        if best[0] >= _ALIKE:
            taken.add(best[1])
            yield was.ref, best[1]


def _likeness(old: Item, new: Item) -> float:
    """The share of equal leaves of two objects of a kind, apart from their names."""
    before, after = (
        dict(_leaves({key: value for key, value in item.content.items() if key != "metadata"})) for item in (old, new)
    )
    # Objects with hardly any content are alike by chance.
    if min(len(before), len(after)) < _LEAST:
        return 0.0
    equal = [
        path
        for path in before.keys() & after.keys()
        if after[path] in (before[path], before[path].replace(old.name, new.name))
    ]
    return len(equal) / len(before.keys() | after.keys())


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, str(value)

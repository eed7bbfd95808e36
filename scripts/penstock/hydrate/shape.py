"""What the files that no component renders are derived from: the identities of the objects, but no digest.

The environments of a fleet mostly have the same shape, so each shape is checked and derived once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from penstock.hydrate import admission
from penstock.hydrate.lock import LockedComponent, LockedUnit


class Shape:
    """The components of an environment, equal to those of another with the same objects, whatever their content."""

    def __init__(self, components: dict[str, LockedComponent]) -> None:
        self._components = components
        self._key = tuple((name, *_component(each)) for name, each in components.items())
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        """Whether everything that is derived from this shape can be derived from the other."""
        return isinstance(other, Shape) and self._key == other._key

    def __hash__(self) -> int:
        """Return the hash of the identities."""
        return self._hash

    @cached_property
    def reads_labels(self) -> bool:
        """Whether an admission rule may select objects by their labels, which only their files have."""
        units = (unit for each in self._components.values() for unit in each.each())
        return any(admission.read(token) for unit in units for token in unit.provides)

    @cached_property
    def components(self) -> dict[str, LockedComponent]:
        """The components without their digests, so that nothing can be derived from those."""
        return {name: _bare(each) for name, each in self._components.items()}


@lru_cache(maxsize=128)
def validate(rule: Callable[[dict[str, LockedComponent]], None], shape: Shape) -> None:
    """Raise what the rule raises for components of this shape; once, if that is nothing."""
    rule(shape.components)


def _component(component: LockedComponent) -> tuple[Any, ...]:
    parts = component.parts
    own = (tuple(component.depends_on), *_unit(component))
    return (*own, *((part, *_unit(unit)) for part, unit in parts.items())) if parts else own


def _unit(unit: LockedUnit) -> tuple[Any, ...]:
    return tuple(unit.provides), tuple(unit.files), tuple([each.id for each in unit.files.values()])


def _bare(component: LockedComponent) -> LockedComponent:
    return LockedComponent(
        inputs="",
        resolved="",
        charts=[],
        depends_on=component.depends_on,
        provides=component.provides,
        files=_files(component),
        parts={name: LockedUnit(provides=unit.provides, files=_files(unit)) for name, unit in component.parts.items()},
    )


def _files(unit: LockedUnit) -> dict[str, Any]:
    return {name: msgspec.structs.replace(each, sha256="") for name, each in unit.files.items()}

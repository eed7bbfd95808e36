"""A tree of manifests as Flux reads it: its components and their objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.leftovers import is_leftover
from penstock.core.yaml import parse
from penstock.kube.flux import NAMESPACE
from penstock.kube.objects import Object

_INDEX = "kustomization.yaml"
Parsed = dict[bytes, Object]
"""Content of a file -> its object."""


@dataclass(frozen=True)
class Manifests:
    """The tree manifests/<environment>/. Objects are cached, so callers must not change them.

    `parsed` caches objects by file content; environments may share it, since most of their files are equal.
    `typed` converts each new object.
    """

    tree: Path
    parsed: Parsed = field(default_factory=dict, compare=False, repr=False)
    typed: Callable[[Object], Object] = field(default=lambda item: item, compare=False, repr=False)
    _cache: dict[str, list[Object]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def components(self) -> list[str]:
        """The components with a Flux Kustomization, sorted; raises PenstockError if there are none."""
        files = sorted((self.tree / NAMESPACE).glob("kustomization-*.yaml")) if self.tree.is_dir() else []
        if not files:
            raise PenstockError(f"manifests/{self.tree.name} is empty", f"run `inv hydrate -e {self.tree.name}`")
        return [file.stem.removeprefix("kustomization-") for file in files]

    def objects(self, component: str) -> list[Object]:
        """The objects of one component, sorted by file."""
        if component not in self._cache:
            files = sorted((self.tree / component).glob("*.yaml"))
            kept = (path for path in files if path.name != _INDEX and not is_leftover(path.name))
            self._cache[component] = [self._read(component, path) for path in kept]
        return self._cache[component]

    def _read(self, component: str, path: Path) -> Object:
        text, file = path.read_bytes(), f"manifests/{self.tree.name}/{component}/{path.name}"
        if text not in self.parsed:
            self.parsed[text] = self.typed(Object(component, parse(text, file), file=file))
        return replace(self.parsed[text], component=component, file=file)

    def nested(self, component: str) -> list[Object]:
        """The Flux Kustomizations among the objects of a component; they apply objects from other sources."""
        return [item for item in self.objects(component) if item.kind == "Kustomization"]

    def synced(self) -> list[Object]:
        """The objects that the root applies: the components' Kustomizations, and their service accounts."""
        return self.objects(NAMESPACE)

    def all_objects(self) -> list[Object]:
        """The objects of all components."""
        return [item for component in self.components for item in self.objects(component)]

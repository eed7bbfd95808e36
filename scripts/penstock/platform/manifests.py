"""A tree of manifests as Flux sees it: its components and their objects, read from the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.leftovers import is_leftover
from penstock.core.yaml import parse
from penstock.kube.flux import NAMESPACE

_INDEX = "kustomization.yaml"


@dataclass(frozen=True)
class Manifests:
    """The tree manifests/<environment>/. Objects are cached, so callers must not change them.

    `parsed` caches objects by file content; trees of several environments may share it, since most files are equal.
    """

    tree: Path
    parsed: dict[bytes, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)
    _cache: dict[str, dict[Path, dict[str, Any]]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def components(self) -> list[str]:
        """The components with a Flux Kustomization, sorted; raises PenstockError if there are none."""
        files = sorted((self.tree / NAMESPACE).glob("kustomization-*.yaml")) if self.tree.is_dir() else []
        if not files:
            raise PenstockError(f"manifests/{self.tree.name} is empty", f"run `inv hydrate -e {self.tree.name}`")
        return [file.stem.removeprefix("kustomization-") for file in files]

    def objects(self, component: str) -> list[dict[str, Any]]:
        """The objects of one component."""
        return list(self.files(component).values())

    def files(self, component: str) -> dict[Path, dict[str, Any]]:
        """File -> object of one component."""
        if component not in self._cache:
            shown = f"manifests/{self.tree.name}/{component}"
            self._cache[component] = {path: self._read(path, f"{shown}/{path.name}") for path in self.paths(component)}
        return self._cache[component]

    def _read(self, path: Path, shown: str) -> dict[str, Any]:
        text = path.read_bytes()
        if text not in self.parsed:
            self.parsed[text] = parse(text, shown)
        return self.parsed[text]

    def paths(self, component: str) -> list[Path]:
        """The files with the objects of one component, sorted."""
        files = (self.tree / component).glob("*.yaml")
        return sorted(path for path in files if path.name != _INDEX and not is_leftover(path.name))

    def nested(self, component: str) -> list[dict[str, Any]]:
        """The Flux Kustomizations among the objects of a component; they apply objects from other sources."""
        return [item for item in self.objects(component) if item["kind"] == "Kustomization"]

    def synced(self) -> dict[Path, dict[str, Any]]:
        """File -> object that the root applies: the components' Kustomizations, and their service accounts."""
        return self.files(NAMESPACE)

    def all_objects(self) -> list[dict[str, Any]]:
        """The objects of all components."""
        return [item for component in self.components for item in self.objects(component)]

"""The objects of a tree of manifests, read from disk or from a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.core.files import content, entries
from penstock.core.yaml import parse
from penstock.kube.flux import marked
from penstock.kube.nulls import as_stored
from penstock.kube.objects import Object
from penstock.kube.paths import at
from penstock.kube.ref import ObjectRef
from penstock.platform.layout import LOCK_NAME
from penstock.tools.git import files, folders

_INDEX = "kustomization.yaml"


@dataclass(frozen=True)
class Item(Object):
    """An object whose nulls are as the API server stores them.

    `forced` is whether the component's Kustomization recreates objects whose changes are refused.
    """

    forced: bool = field(default=False, compare=False, kw_only=True)

    def says(self, name: str, value: str) -> bool:
        """Whether a Flux label or annotation has this value, ignoring case as Flux does."""
        if self.forced and (name, value) == ("force", "enabled"):
            return True
        return marked(self.content, name, value)


Objects = dict[ObjectRef, Item]


def on_disk(root: Path) -> dict[str, dict[str, bytes]]:
    """Return the files of a platform's working tree by environment and path in its tree: objects and locks."""
    folder = root / "manifests"
    start = len(str(root)) + 1
    found = [entry.path for entry in entries(str(folder)) if not entry.is_symlink()] if folder.is_dir() else []
    return by_environment({path[start:]: content(path) for path in found})


def in_commit(root: Path, commit: str) -> dict[str, dict[str, bytes]]:
    """Return the same files of a commit, read from Git's object store."""
    return by_environment(files(root, commit, "manifests"))


def locks_in_commit(root: Path, commit: str) -> dict[str, dict[str, bytes]]:
    """Return the locks of a commit alone, by environment; an environment without one has no files."""
    names = [path.rpartition("/")[2] for path in folders(root, commit, "manifests")]
    found = files(root, commit, *(f"manifests/{name}/{LOCK_NAME}" for name in names)) if names else {}
    texts = {name: found.get(f"manifests/{name}/{LOCK_NAME}") for name in names if not name.startswith(".")}
    return {name: {} if text is None else {LOCK_NAME: text} for name, text in texts.items()}


def objects(environment: str, texts: Mapping[str, bytes]) -> Objects:
    """Return the objects in some files; raises PenstockError with the path of a file without an object."""
    found = {}
    for path, text in texts.items():
        if path != LOCK_NAME:
            file = f"manifests/{environment}/{path}"
            item = Item(path.split("/")[0], as_stored(parse(text, file)), file=file)
            found[item.ref] = item
    kustomizations = [item for item in found.values() if item.kind == "Kustomization"]
    forced = {item.name for item in kustomizations if ("spec.force", True) in at(item.content, "spec.force")}
    return {key: replace(item, forced=item.component in forced) for key, item in found.items()}


def by_environment(texts: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return those of some files that are objects or locks, by environment and path in its tree."""
    found: dict[str, dict[str, bytes]] = {}
    for path, text in texts.items():
        _, environment, *rest = path.split("/")
        # Unfinished trees of a hydrate begin with a dot; the index files aren't objects.
        if rest == [LOCK_NAME] and not environment.startswith("."):
            found.setdefault(environment, {})[LOCK_NAME] = text
        if len(rest) == 2 and not environment.startswith(".") and path.endswith(".yaml") and rest[1] != _INDEX:
            found.setdefault(environment, {})["/".join(rest)] = text
    return found

"""The objects of a tree of manifests, read from disk or from a commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock.core.files import content, entries
from penstock.core.leftovers import is_leftover
from penstock.kube.flux import marked
from penstock.kube.objects import Object
from penstock.kube.ref import ObjectRef
from penstock.platform.layout import LOCK_NAME
from penstock.tools.git import files, files_of, folders

Trees = dict[str, dict[str, bytes]]
"""Environment -> path in its tree -> text: objects and the lock. Equal texts are the same bytes."""
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


def read(root: Path, *commits: str, changed: Iterable[str] | None = None) -> list[Trees]:
    """Return the manifests of some commits; if `changed` is given, those of the working tree follow.

    `changed` are the paths, from the root, at which the working tree differs from the last commit.
    """
    every = files_of(root, commits, "manifests")
    if changed is not None:
        every.append({**every[-1]})
        for path in changed:
            file = root / path
            every[-1].pop(path, None)
            if file.is_file() and not file.is_symlink() and not is_leftover(file.name):
                every[-1][path] = content(file)
    return [by_environment(texts) for texts in every]


def locks(root: Path, commit: str) -> Trees:
    """Return the locks of a commit alone, by environment; an environment without one has no files."""
    names = [path.rpartition("/")[2] for path in folders(root, commit, "manifests")]
    found = files(root, commit, *(f"manifests/{name}/{LOCK_NAME}" for name in names)) if names else {}
    texts = {name: found.get(f"manifests/{name}/{LOCK_NAME}") for name in names if not name.startswith(".")}
    return {name: {} if text is None else {LOCK_NAME: text} for name, text in texts.items()}


def of_branch(tree: Path, commit: str) -> dict[str, bytes]:
    """Return the manifests in a commit of an environment's own branch, whose repository is in `tree`."""
    return {path: text for path, text in files(tree, commit).items() if _counts(path) and not path.startswith(".")}


def on_disk(tree: Path) -> dict[str, bytes]:
    """Return the manifests in a folder."""
    start = len(str(tree)) + 1
    paths = (entry.path[start:] for entry in entries(tree)) if tree.is_dir() else ()
    return {path: content(tree / path) for path in paths if _counts(path) and not path.startswith(".")}


def by_environment(texts: Mapping[str, bytes]) -> Trees:
    """Return those of some files that are objects or locks, by environment and path in its tree."""
    found: Trees = {}
    for path, text in texts.items():
        _, environment, *rest = path.split("/", 2)
        inner = rest[0] if rest else ""
        # Unfinished trees of a hydrate begin with a dot.
        if _counts(inner) and not environment.startswith("."):
            found.setdefault(environment, {})[inner] = text
    return found


def _counts(path: str) -> bool:
    """Whether a path in a tree is that of an object or of the lock; the index files aren't objects."""
    return path == LOCK_NAME or (path.endswith(".yaml") and path.count("/") == 1 and not path.endswith(f"/{_INDEX}"))

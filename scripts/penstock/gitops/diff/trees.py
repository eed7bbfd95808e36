"""The objects of a tree of manifests, from its texts: on disk or in a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.files import walk
from penstock.core.layout import LOCK_NAME
from penstock.core.yaml import parse
from penstock.kube.flux import marked
from penstock.kube.nulls import as_stored
from penstock.kube.ref import ObjectRef
from penstock.tools.git import files

_INDEX = "kustomization.yaml"


@dataclass(frozen=True)
class Item:
    """An object in a component's folder; `content` is the object itself as the API server stores its nulls.

    `forced` is whether the component's Kustomization makes again what can't be changed.
    """

    component: str
    content: dict[str, Any]
    forced: bool = field(default=False, compare=False)

    @property
    def ref(self) -> ObjectRef:
        """What Flux knows it by."""
        return ObjectRef.of(self.content)

    @property
    def kind(self) -> str:
        """Its kind, with the group where a better-known API has a kind of that name."""
        return self.ref.qualified_kind

    @property
    def namespace(self) -> str:
        """Its namespace; empty where it has none."""
        return self.ref.namespace

    def says(self, name: str, value: str) -> bool:
        """Whether a label or an annotation of Flux's has this value, in any case, as Flux reads it."""
        if self.forced and (name, value) == ("force", "enabled"):
            return True
        return marked(self.content, name, value)

    def __str__(self) -> str:
        """As people say it: Deployment observability/grafana."""
        return str(self.ref)


Objects = dict[ObjectRef, Item]


def on_disk(root: Path) -> dict[str, dict[str, bytes]]:
    """Environment -> path in its tree -> bytes, of the working tree of a platform: the objects, and the lock."""
    folder = root / "manifests"
    found = [path for path in walk(folder) if not path.is_symlink()] if folder.is_dir() else []
    return _by_environment({path.relative_to(root).as_posix(): path.read_bytes() for path in found})


def in_commit(root: Path, commit: str) -> dict[str, dict[str, bytes]]:
    """The same of a commit, read from Git's own store."""
    return _by_environment(files(root, commit, "manifests"))


def objects(environment: str, texts: Mapping[str, bytes]) -> Objects:
    """The objects in some texts; PenstockError names a file that holds none."""
    found = {}
    for path, text in texts.items():
        if path == LOCK_NAME:
            continue
        item = _read(f"manifests/{environment}/{path}", path.split("/")[0], text)
        found[item.ref] = item
    forced = {ref.name for ref, item in found.items() if ref.kind == "Kustomization" and _is_forced(item)}
    return {key: replace(item, forced=item.component in forced) for key, item in found.items()}


def _is_forced(kustomization: Item) -> bool:
    return (kustomization.content.get("spec") or {}).get("force") is True


def _read(shown: str, component: str, text: bytes) -> Item:
    content = as_stored(parse(text, shown))
    named = isinstance(content, dict) and isinstance(content.get("metadata"), dict) and "name" in content["metadata"]
    if not named or not {"apiVersion", "kind"} <= set(content):
        raise PenstockError(f"{shown}: no object: it lacks apiVersion, kind or metadata.name", "run `inv hydrate`")
    return Item(component, content)


def _by_environment(texts: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for path, text in texts.items():
        _, environment, *rest = path.split("/")
        # Half-made trees of a hydrate begin with a dot; the indexes are no objects.
        if rest == [LOCK_NAME] and not environment.startswith("."):
            found.setdefault(environment, {})[LOCK_NAME] = text
        if len(rest) == 2 and not environment.startswith(".") and path.endswith(".yaml") and rest[1] != _INDEX:
            found.setdefault(environment, {})["/".join(rest)] = text
    return found

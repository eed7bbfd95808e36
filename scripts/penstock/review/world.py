"""The objects of one environment at one end of a change, parsed only when they are needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from penstock.core.yaml import parse
from penstock.kube.nulls import as_stored
from penstock.kube.paths import at
from penstock.kube.ref import Content
from penstock.platform.layout import LOCK_NAME
from penstock.review.trees import Item

Parsed = dict[bytes, Content]
"""Content of a file -> its object. Ends and environments share it, since most of their files are equal."""


@dataclass(frozen=True)
class World:
    """The files of an environment by path in its tree. A file's name begins with its object's kind."""

    environment: str
    files: Mapping[str, bytes]
    parsed: Parsed = field(default_factory=dict, repr=False, compare=False)

    def item(self, path: str) -> Item:
        """The object in a file; raises PenstockError if the file contains none."""
        text, file = self.files[path], f"manifests/{self.environment}/{path}"
        if text not in self.parsed:
            content = as_stored(parse(text, file))
            Item("", content, file=file).ref  # noqa: B018, raises for a file without an object
            self.parsed[text] = content
        component = path.partition("/")[0]
        return Item(component, self.parsed[text], file=file, forced=component in self.forced)

    @property
    def paths(self) -> Iterator[str]:
        """The paths of all objects."""
        return (path for path in self.files if path != LOCK_NAME)

    def of(self, *kinds: str) -> list[Item]:
        """Every object of these kinds."""
        paths = [path for kind in kinds for path in self.named(kind)]
        return [item for item in map(self.item, sorted(paths)) if item.ref.kind in kinds]

    def named(self, kind: str) -> list[str]:
        """The paths of the files whose name begins with a kind."""
        return self._by_kind.get(kind.lower(), [])

    @cached_property
    def _by_kind(self) -> dict[str, list[str]]:
        """The paths by kind, in lower case as a file's name has it."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            kind, dash, _ = path.partition("/")[2].partition("-")
            if dash:
                found.setdefault(kind, []).append(path)
        return found

    def mentioning(self, text: str) -> list[Item]:
        """Every object whose file contains a text, such as a name."""
        wanted, (whole, ends, paths) = text.encode(), self._joined
        found, start = [], whole.find(wanted)
        while start >= 0:
            number = bisect_right(ends, start)
            found.append(self.item(paths[number]))
            start = whole.find(wanted, ends[number])
        return found

    @cached_property
    def _joined(self) -> tuple[bytes, list[int], list[str]]:
        """All files as one text, which is searched much faster; where each ends in it, and its path."""
        paths = [*self.paths]
        # No name contains the separator.
        return (
            b"".join(self.files[path] + b"\0" for path in paths),
            [*accumulate(len(self.files[path]) + 1 for path in paths)],
            paths,
        )

    def find(self, kind: str, namespace: str, name: str) -> Item | None:
        """The object of a kind by namespace and name; None without it."""
        paths = [path for path in self.named(kind) if name.encode() in self.files[path]]
        return next((item for item in map(self.item, paths) if item.ref[1:] == (kind, namespace, name)), None)

    @cached_property
    def forced(self) -> frozenset[str]:
        """The components whose Kustomizations recreate objects whose changes are refused."""
        found = set()
        for path in self.named("Kustomization"):
            if b"force: true" in self.files[path]:
                content = parse(self.files[path], path)
                if ("spec.force", True) in at(content, "spec.force"):
                    found.add(str(content["metadata"]["name"]))
        return frozenset(found)

    def text(self, item: Item) -> bytes:
        """The text of an object's file."""
        return self.files.get(item.file.removeprefix(f"manifests/{self.environment}/"), b"")


class Worlds(NamedTuple):
    """An environment at both ends. `is_new` is whether `before` is the environment that a new one extends.

    `notes` are lines about how they are compared.
    """

    before: World
    after: World
    is_new: bool = False
    notes: tuple[str, ...] = ()

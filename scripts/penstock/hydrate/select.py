"""List the components, and find the changed ones by a SHA-256 over the raw inputs of each."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.files import content, entries, sha256, walk
from penstock.core.leftovers import is_leftover
from penstock.core.nearest import did_you_mean
from penstock.core.once import once
from penstock.core.yaml import parse
from penstock.hydrate import charts_lock, names
from penstock.hydrate.index import Index
from penstock.hydrate.lock import FORMAT, Lock
from penstock.hydrate.seen import Seen
from penstock.platform import environments, lineage
from penstock.platform.layout import ENGINE, UPSTREAM_NAME, Layout
from penstock.tools.pins import PROGRAMS

# RFC 1123 label: a component's name is that of a Flux Kustomization.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_RESERVED = "flux-system"
# Documentation, and the comparison with the upstream chart (the gate fidelity): no manifest is made of them.
NO_INPUTS = ("README.md", UPSTREAM_NAME)
_RENDERERS = ("helm", "helmfile", "kustomize", "render", "resolve")


@dataclass(frozen=True)
class Component:
    """A folder of components/, as seen by one environment.

    A pinned one has the `revision` of the environment's settings, and its `commit`.
    """

    name: str
    folder: Path
    helmfile: Path | None
    kustomization: Path | None
    revision: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Inputs:
    """The digests of an environment's raw inputs."""

    layout: Layout
    environment: str
    # The digests of upstream charts, if they differ from charts.lock.
    chart_digests: dict[str, str] | None = None
    # If set, the inputs are those in the commit instead of the working tree.
    index: Index | None = None
    seen: Seen = field(default_factory=Seen, compare=False, repr=False)

    @property
    def programs(self) -> str:
        """The versions of the renderers and the lock's format, which may all affect the output."""
        tools = str(ENGINE / "tools")
        if tools not in self.seen.folders:
            listed = (f"{name} {PROGRAMS[name].source_digest}" for name in _RENDERERS)
            self.seen.folders[tools] = " ".join([f"format {FORMAT}", *listed]).encode()
        return self.seen.folders[tools].decode()

    @cached_property
    def shared(self) -> str:
        """The digest of shared inputs: the environment, helmfile.yaml, the programs and the lock's format."""
        digest = hashlib.sha256(self.programs.encode())
        digest.update(b"helmfile.yaml\0" + self._helmfile)
        for path in shared_files(self.layout, self.environment):
            if self.index is None or self.index.holds(path):
                name = path.relative_to(self.layout.environments)
                digest.update(os.fsencode(name) + b"\0" + _content(str(path), self.index))
        return digest.hexdigest()

    @property
    def _helmfile(self) -> bytes:
        """What helmfile.yaml says of this environment: those that it lists besides change nothing here."""
        path = self.layout.helmfile
        if self.index and not self.index.holds(path):
            return b""
        return _without_others(_content(str(path), self.index), self.environment)

    def of(self, component: Component, charts: list[str]) -> str:
        """Return the digest of a component that renders these charts: paths from the root, or upstream charts."""
        if component.revision:  # a commit can't change
            pin = (component.name, component.revision, component.commit, *charts)
            return sha256((self.shared + "\0".join(pin)).encode())
        read = [self.shared.encode(), self._read(str(component.folder), NO_INPUTS)]
        for chart in charts:
            upstream = charts_lock.is_upstream(chart)
            content = self._upstream.get(chart, "").encode() if upstream else self._read(f"{self.layout.root}/{chart}")
            read += (chart.encode(), content)
        return sha256(b"".join(read))

    @cached_property
    def _upstream(self) -> dict[str, str]:
        if self.index and not self.index.holds(self.layout.charts_lock):
            return {}
        return charts_lock.read(self.layout) if self.chart_digests is None else self.chart_digests

    def _read(self, folder: str, left_out: tuple[str, ...] = ()) -> bytes:
        # Once per run, before rendering: a file edited during the run leaves its component stale.
        if folder not in self.seen.folders:
            present = Path(folder).is_dir() and (self.index is None or self.index.holds(folder))
            self.seen.folders[folder] = _folder(Path(folder), self.index, left_out) if present else b""
        return self.seen.folders[folder]


@lru_cache(maxsize=8)
def _helmfile(text: bytes) -> dict[str, Any]:
    return parse(text, "helmfile.yaml") or {}


def _without_others(text: bytes, environment: str) -> bytes:
    values = _helmfile(text)
    own = (values.get("environments") or {}).get(environment)
    return msgspec.json.encode({**values, "environments": {environment: own}}, order="deterministic")


def shared_files(layout: Layout, environment: str) -> list[Path]:
    """Return the files in environments/ that every component may read, the environment's own last.

    Those are the files directly in the folder, except docs and other environments', and the files of its lineage.
    """
    own = [each.path for each in lineage.of(layout, environment)] if lineage.file(layout, environment) else []
    return [*_shared_by_all(layout), *own]


@once
def _shared_by_all(layout: Layout) -> list[Path]:
    listed, folder = {*environments.names(layout)}, layout.environments
    found = sorted(entry.name for entry in os.scandir(folder)) if folder.is_dir() else []
    named = (name for name in found if name.removesuffix(".yaml") not in listed and not name.endswith(".md"))
    shared = [path for name in named if not is_leftover(name) and (path := folder / name).is_file()]
    return [path for path in shared if not lineage.is_environment(path)]


def components(
    layout: Layout,
    environment: str,
    index: Index | None = None,
    wanted: Callable[[str], bool] = lambda _: True,
    seen: Seen | None = None,
) -> list[Component]:
    """Return the components of an environment, sorted by name; raises PenstockError for a folder that can't be one.

    A folder without files other than leftovers is skipped: Git doesn't track it. With an index, only components in the
    commit are returned. Those that aren't `wanted` are left out unread.
    """
    found = []
    seen = seen or Seen()
    named, folder = lineage.names(layout, environment), layout.components
    for entry in _folders(folder):
        if entry.name.startswith(".") or not (entry.is_dir() or entry.is_symlink()) or not wanted(entry.name):
            continue
        if index and not index.holds(entry.path):
            continue
        shown = f"{folder.name}/{entry.name}"
        if entry.is_symlink():
            raise PenstockError(
                f"{shown} is a symbolic link", "a component is a folder of its own: move the files here"
            )
        component = _component(entry.path, shown, named, seen, index)
        if component.helmfile or component.kustomization:
            found.append(component)
    return found


def only(all_components: list[Component], asked: list[str]) -> list[Component]:
    """Return the components with these names; raises PenstockError if one doesn't exist."""
    known = {component.name: component for component in all_components}
    for name in asked:
        if not _NAME.fullmatch(name):
            raise PenstockError(
                f"`{name}` is not a component's name", "give the name of a folder of components/, not a path"
            )
        if name not in known:
            raise PenstockError(
                f"unknown component `{name}`",
                did_you_mean(name, known, f"there are {', '.join(sorted(known))}"),
            )
    return [known[name] for name in sorted(set(asked))] if asked else all_components


def stale(inputs: Inputs, all_components: list[Component], lock: Lock) -> list[Component]:
    """Return the components whose inputs differ from the lock."""
    result = []
    for component in all_components:
        locked = lock.components.get(component.name)
        digest = inputs.of(component, locked.charts if locked else [])
        if locked is None or locked.inputs != digest:
            result.append(component)
    return result


def refuse_outward(link: Path, folder: Path) -> None:
    """Raise PenstockError for a symbolic link out of a component or chart, since its target isn't an input."""
    if not link.resolve().is_relative_to(folder):
        raise PenstockError(
            f"{link.relative_to(folder.parents[1]).as_posix()} is a symbolic link that leads out of "
            f"{folder.parent.name}/{folder.name}",
            "a component reads only its own folder, environments/ and charts/: copy the file here",
        )


def _component(path: str, shown: str, named: tuple[str, ...], seen: Seen, index: Index | None) -> Component:
    if path not in seen.components:
        folder = Path(path)
        helmfile, overlaid = _sources(folder, shown, index)
        seen.components[path] = Component(folder.name, folder, helmfile, None), overlaid
    component, overlaid = seen.components[path]
    if not overlaid:
        return component
    return replace(component, kustomization=_overlay(component.folder / "kustomize" / "overlays", named, index))


@once
def _folders(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=attrgetter("name"))


def _sources(folder: Path, shown: str, index: Index | None) -> tuple[Path | None, bool]:
    """Return the helmfile of a component's folder, and whether it has overlays; neither for a folder without files."""
    candidates = (folder / name for name in names.HELMFILES)
    helmfile = next((path for path in candidates if (index is None or index.holds(path)) and path.is_file()), None)
    overlaid = (folder / "kustomize" / "overlays").is_dir()
    if helmfile is None and not overlaid:
        if not any(walk(folder)):
            return None, False
        raise PenstockError(
            f"{shown} has neither helmfile.yaml.gotmpl nor kustomize/overlays/<environment>/kustomization.yaml",
            "docs/how-to/add-a-component.md shows both",
        )
    if not _NAME.fullmatch(folder.name) or folder.name == _RESERVED:
        raise PenstockError(
            f"{shown}: Kubernetes refuses the name `{folder.name}`, or Flux needs it for itself",
            "use lower-case letters, digits and `-`, at most 63, starting and ending with a letter or digit",
        )
    return helmfile, overlaid


def _overlay(overlays: Path, named: tuple[str, ...], index: Index | None) -> Path | None:
    """Return the environment's overlay, else that of the nearest environment that it extends."""
    for name in named:
        found = names.kustomization(overlays / name)
        if found and (index is None or index.holds(found)):
            return overlays / name
    return None


def _folder(folder: Path, index: Index | None, left_out: tuple[str, ...]) -> bytes:
    digest = hashlib.sha256()
    start = len(str(folder)) + 1
    for entry in entries(str(folder)):
        path = entry.path
        if path[start:] in left_out or (index and not index.holds(path)):
            continue
        if entry.is_symlink():
            refuse_outward(Path(path), folder)
            data = os.fsencode(Path(path).readlink())  # its target is read separately
        else:
            data = _content(path, index)
        digest.update(f"{path[start:]}\0{len(data)}\0".encode(errors="surrogateescape") + data)
    return digest.digest()


def _content(path: str, index: Index | None) -> bytes:
    data = content(path)
    if index and b"\r\n" in data:
        index.crlf.add(path)
    return data

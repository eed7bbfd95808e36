"""The two ends of a review: a commit, or the working tree."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.files import sha256
from penstock.hydrate import lock
from penstock.hydrate.lock import FORMAT, Lock
from penstock.hydrate.parts import units
from penstock.hydrate.seen import Seen
from penstock.platform import dataflow, environments, secrets
from penstock.platform.dataflow import Contract
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.review import branches, trees
from penstock.review.trees import Trees
from penstock.tools import git, revisions

WORKING_TREE = "working tree"
# The contracts, and what the manifests are rendered from.
_CONTRACTS = ("charts.lock", "dataflow.yaml", "environments", "review.yaml")
_SHARED = (*_CONTRACTS, "charts", "external.yaml", "helmfile.yaml")
_SOURCES = (*_SHARED, "components", "manifests")


@dataclass(frozen=True)
class Sources:
    """Files of a commit, written to a folder when they are first needed."""

    platform: Layout
    folder: Path | None = None
    commit: str = ""
    paths: tuple[str, ...] = _CONTRACTS

    @cached_property
    def layout(self) -> Layout:
        """The platform; without a folder that of the working tree."""
        if self.folder is None:
            return self.platform
        for path, text in git.files(self.platform.root, self.commit, *self.paths).items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
        return Layout(self.folder)

    @cached_property
    def contract(self) -> Contract | None:
        """dataflow.yaml; None if it is invalid, which the gate dataflow reports."""
        try:
            return dataflow.read(self.layout.root)
        except PenstockError:
            return None

    @cached_property
    def declared(self) -> dict[tuple[str, str], set[str]]:
        """The Secrets that the components declare: the keys of each, by namespace and name."""
        return declared(self.layout)


@dataclass(frozen=True)
class End:
    """An end: its name in messages, the commit that it is or is based on, and its manifests by environment.

    `is_partial` is whether its sources are only those that the change needs, `is_fresh` whether its manifests are known
    to be what their sources render. `published` are environments whose manifests are those of another branch, rendered
    from whichever sources.
    """

    name: str
    commit: str
    trees: Trees
    sources: Sources
    is_partial: bool = False
    is_fresh: bool = False
    published: frozenset[str] = frozenset()
    seen: Seen = field(default_factory=Seen, compare=False, repr=False)

    @property
    def layout(self) -> Layout:
        """Its sources: the platform itself, or a temporary folder."""
        return self.sources.layout

    def stale(self, environment: str) -> list[str]:
        """Return the reasons why the manifests differ from their sources' output; none if that is unknown.

        Of the base only the components that the change touches are checked: all others are the same at the head.
        """
        # Most of hydration, which an unchanged environment doesn't need.
        from penstock.hydrate.fast import fast_findings

        tree = self.trees[environment]
        if self.is_fresh or environment in self.published:
            return []
        if self.name != WORKING_TREE and lock.format_of(tree.get(LOCK_NAME, b"")) != FORMAT:
            return []
        try:
            if self.is_partial:
                return list(self._of_base(environment, tree))
            found = fast_findings(self.layout, environment, seen=self.seen)
            return [line.text for line in found]
        except PenstockError as error:
            # Unreadable sources or a damaged lock are no reason to hide differences of the manifests.
            return [error.message]

    def _of_base(self, environment: str, tree: dict[str, bytes]) -> Iterator[str]:
        from penstock.hydrate.pinned import recorded
        from penstock.hydrate.select import Inputs, stale

        locked = lock.decode(tree[LOCK_NAME], environment, f"manifests/{environment}")
        yield from _edited(environment, tree, locked)
        if not self.layout.components.is_dir():
            return
        inputs = Inputs(self.layout, environment, seen=self.seen)
        for component in stale(inputs, recorded(self.layout, environment, locked, seen=self.seen), locked):
            place = f"manifests/{environment}/{component.name}"
            # The digests also cover the versions of the programs, and those of the base are unknown.
            yield f"{place} was hydrated before components/{component.name} changed, or by another version of Penstock"


def _edited(environment: str, tree: dict[str, bytes], locked: Lock) -> Iterator[str]:
    """Yield a line for each object whose file is not the one in the lock."""
    expected = dict(locked.flux)
    for name, unit in units(locked.components).items():
        expected |= {f"{name}/{file}": one.sha256 for file, one in unit.files.items()}
    for path in sorted(expected.keys() & tree.keys()):
        if sha256(tree[path]) != expected[path]:
            yield f"manifests/{environment}/{path} was edited by hand"


@contextmanager
def ends(layout: Layout, base: str, head: str) -> Iterator[tuple[End, End, list[str]]]:
    """Yield both ends, and notes about how they were chosen; an empty revision stands for the default.

    Raises PenstockError for an unknown revision, a clone without the base, and manifests in a submodule.
    """
    root = layout.root
    tip = revisions.commit(root, head or "HEAD")
    start, name = revisions.base_of(root, base, tip)
    dirty = changed(root)
    separate = branches.names(layout)
    notes = list(_notes(root, start, tip, head, dirty, bool(separate)))
    entries = {revision: git.entry(root, revision, "manifests") for revision in dict.fromkeys((start, tip))}
    _refuse_submodule(entries)
    with tempfile.TemporaryDirectory(prefix="penstock-review-") as scratch:
        folder = Path(scratch)
        new_sources = Sources(layout, folder / "head", tip, _SOURCES) if head else Sources(layout)
        shown = revisions.named(head, tip) if head else WORKING_TREE
        if (head or not dirty) and entries[start] == entries[tip]:
            # Nothing changes, so the locks are all that is read.
            before = trees.locks(root, tip)
            after = {**before}
        else:
            every = trees.read(root, *dict.fromkeys((start, tip)), changed=None if head else dirty)
            before, after = every[0], every[-1]
        notes += [*branches.replace(layout, before, after)] if not head else _left_out(separate)
        touched = (f"components/{name}" for name in _touched(before, after))
        old_sources = Sources(layout, folder / "base", start, (*_SHARED, *touched))
        published = frozenset(branches.names(layout))
        yield (
            End(name, start, before, old_sources, is_partial=True, published=published),
            End(shown, tip, after, new_sources),
            notes,
        )


def _left_out(separate: list[str]) -> list[str]:
    """Return the note about environments that no commit of the sources has."""
    return [branches.left_out(separate, "not part of the sources' commits")] if separate else []


def changed(root: Path) -> list[str]:
    """Return the paths below manifests/ at which the working tree differs from HEAD, from a platform's root."""
    start = len(git.prefix(root))
    return [path[start:] for path in git.changed(root, "manifests")]


def _touched(before: Trees, after: Trees) -> list[str]:
    """Return the components whose manifests differ in an environment."""
    every = [(before.get(name, {}), after.get(name, {})) for name in before.keys() | after.keys()]
    paths = {path for old, new in every for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    return sorted({path.partition("/")[0] for path in paths if "/" in path})


def _notes(root: Path, start: str, tip: str, head: str, dirty: list[str], has_branches: bool) -> Iterator[str]:
    if start == tip and (head or not (dirty or has_branches)):
        yield f"both ends are commit {tip[:12]}: there is nothing to compare"
    elif len(revisions.parents(root, tip)) > 1:
        yield f"{head or 'HEAD'} is a merge commit: all that it merges since the base is compared"
    if dirty:
        files = "1 file" if len(dirty) == 1 else f"{len(dirty)} files"
        are = "are not in this review" if head else "are in this review"
        yield f"the working tree is dirty: uncommitted changes of {files} below manifests/ {are}"


def _refuse_submodule(entries: dict[str, str]) -> None:
    for revision, entry in entries.items():
        if entry.startswith("160000 "):
            raise PenstockError(
                f"manifests is a submodule in {revision[:12]}, so its files are in another repository",
                "commit manifests/ as files: Flux reads them from this repository",
            )


def version(layout: Layout, environment: str) -> str:
    """Return the Kubernetes version of an environment; empty if its settings can't be read."""
    try:
        return environments.read(layout, environment).kubernetes.version
    except PenstockError:
        return ""  # hydration reports the error; the newest version is the best guess


def declared(layout: Layout) -> dict[tuple[str, str], set[str]]:
    """Return the Secrets that the components declare: the keys of each, by namespace and name."""
    names = sorted(path.name for path in layout.components.iterdir()) if layout.components.is_dir() else []
    return {
        (namespace, secret.name): {*secret.literal, *secret.generate}
        for secret in secrets.declared(layout, names)
        for namespace in secret.namespaces
    }

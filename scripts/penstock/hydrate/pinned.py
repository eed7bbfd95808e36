"""Find the components of an environment: those of the working tree, and those that it pins to a revision.

A pinned component is read from Git's object store. The files of a commit are written to the cache once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import sha256, writing
from penstock.core.nearest import did_you_mean
from penstock.hydrate import lock, select
from penstock.hydrate.index import Index
from penstock.hydrate.lock import FORMAT, Lock, format_of
from penstock.hydrate.seen import Seen
from penstock.hydrate.select import Component
from penstock.platform import environments, values
from penstock.platform.environments import WORKING_TREE, Pins
from penstock.platform.layout import LOCK_NAME, SCHEMA_NAME, Layout, cache_home
from penstock.tools import git, history

_PATHS = ("components", "charts", "charts.lock", f"environments/{SCHEMA_NAME}")


@dataclass(frozen=True)
class Revisions:
    """The revisions that a run reads: each is resolved once, and its files are written to `store` once."""

    layout: Layout
    store: Path = field(default_factory=lambda: cache_home() / "sources")
    _commits: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _layouts: dict[str, Layout] = field(default_factory=dict, compare=False, repr=False)

    def commit(self, revision: str) -> str:
        """Return the commit of a revision; raises PenstockError for one that can't be a pin."""
        if revision not in self._commits:
            self._commits[revision] = history.pinned(self.layout.root, revision)
        return self._commits[revision]

    def at(self, commit: str) -> Layout:
        """Return the platform with the components and charts of a commit, and all else of the working tree.

        Raises PenstockError if Penstock can't render them.
        """
        if commit not in self._layouts:
            self._layouts[commit] = self._written(commit)
        return self._layouts[commit]

    def _written(self, commit: str) -> Layout:
        root = self.layout.root
        inner = git.prefix(root)
        # The format is in the name, so that a new Penstock checks again what it can read.
        place = self.store / f"{commit}-{FORMAT}{'-' + sha256(inner.encode())[:12] if inner else ''}"
        if not place.is_dir():
            _refuse_format(self.layout, commit)
            with writing(place):
                self.store.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=self.store, prefix=".") as scratch:
                    whole = Path(scratch) / "whole"
                    history.write(root, commit, _PATHS, whole)
                    _publish(whole, place)
        return Layout(root, sources=place.resolve())


def components(
    found: Revisions, environment: str, pins: Pins | None = None, seen: Seen | None = None
) -> list[Component]:
    """Return the components of an environment, sorted by name; `pins` are by default those in its settings.

    Raises PenstockError, with the pin's file and line, for a revision that can't be read and a component that it lacks.
    """
    layout = found.layout
    pins = environments.pins(layout, environment) if pins is None else pins
    every = select.components(layout, environment, wanted=lambda name: not pins.of(name), seen=seen)
    for name in pins.components:
        if not pins.of(name) and not (layout.components / name).is_dir():
            with _located(layout, environment, name):
                known = [path.name for path in layout.components.iterdir()]
                raise PenstockError("the working tree has no such component", did_you_mean(name, known, "remove it"))
    for revision in sorted({pins.revision, *pins.components.values()} - {WORKING_TREE}):
        named = [name for name in pins.components if pins.of(name) == revision]
        with _located(layout, environment, "" if pins.revision == revision else named[0]):
            commit = found.commit(revision)
            then = found.at(commit)
        for name in named:
            with _located(layout, environment, name):
                _refuse_absent(then, name, revision)
        present = select.components(then, environment, wanted=_pinned_to(pins, revision), seen=seen)
        every += [replace(each, revision=revision, commit=commit) for each in present]
    return sorted(every, key=lambda each: each.name)


def recorded(
    layout: Layout, environment: str, locked: Lock, index: Index | None = None, seen: Seen | None = None
) -> list[Component]:
    """Return the same without git: those of the working tree, and the pinned ones as the lock records them."""
    pins = environments.pins(layout, environment)
    every = select.components(layout, environment, index, lambda name: not pins.of(name), seen)
    every += [
        Component(name, layout.components / name, None, None, pins.of(name), each.commit)
        for name, each in locked.components.items()
        if pins.of(name)
    ]
    return sorted(every, key=lambda each: each.name)


def layouts(layout: Layout, environment: str) -> Callable[[str], Layout]:
    """Return the function from a component to the platform with the sources that its manifests were rendered from."""
    locked = lock.read(layout.tree(environment), f"manifests/{environment}").components
    commits = {name: each.commit for name, each in locked.items() if each.commit}
    found = Revisions(layout)
    return lambda name: found.at(commits[name]) if name in commits else layout


@contextmanager
def explained(component: Component) -> Iterator[None]:
    """Say in an error that the sources are those of a revision; nothing for a component of the working tree."""
    try:
        yield
    except PenstockError as error:
        if not component.revision:
            raise
        lines = [f"{line} (at {component.revision})" for line in getattr(error, "findings", [error.message])]
        raise Findings(lines, error.hint, rules=getattr(error, "rules", ())) from None


def _publish(whole: Path, place: Path) -> None:
    whole.mkdir(exist_ok=True)
    for path in whole.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o444)
    try:
        whole.rename(place)
    except OSError:
        if not place.is_dir():  # otherwise another process was faster
            raise


def _pinned_to(pins: Pins, revision: str) -> Callable[[str], bool]:
    return lambda name: pins.of(name) == revision


def _refuse_absent(then: Layout, name: str, revision: str) -> None:
    if not (then.components / name).is_dir():
        known = [path.name for path in then.components.iterdir()] if then.components.is_dir() else []
        otherwise = "pin it to a later revision, or to `working-tree`"
        raise PenstockError(f"there was no components/{name} at {revision}", did_you_mean(name, known, otherwise))


def _refuse_format(layout: Layout, commit: str) -> None:
    """Raise PenstockError for a commit whose lock has another format, or whose components are elsewhere."""
    names = git.folders(layout.root, commit, "manifests")
    locks = git.files(layout.root, commit, *(f"{each}/{LOCK_NAME}" for each in names)) if names else {}
    formats = {format_of(text) for text in locks.values()} - {FORMAT}
    hint = "pin to a later revision, or to `working-tree`"
    if formats:
        raise PenstockError(
            f"{commit[:12]} is from before the format of the lock changed from {min(formats)} to {FORMAT}", hint
        )
    if not git.folders(layout.root, commit, "components"):
        raise PenstockError(f"{commit[:12]} has no components/: the platform had another layout then", hint)


@contextmanager
def _located(layout: Layout, environment: str, component: str) -> Iterator[None]:
    """Put the place of a pin before the message of an error: that of a component, or of all with an empty name."""
    try:
        yield
    except PenstockError as error:
        path = ("sources", "components", component) if component else ("sources", "revision")
        place = next((each for each in values.settings(layout, environment) if each.path == path), None)
        where = f"{place.file}:{place.line}: {place.key}" if place else f"the pin of {component or environment}"
        raise PenstockError(f"{where}: {error.message}", error.hint) from None

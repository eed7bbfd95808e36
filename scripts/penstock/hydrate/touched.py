"""Find what a change can touch: the environments and components whose gates may end otherwise than at its base."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from penstock.hydrate import checkouts, destinations, lock, select
from penstock.hydrate.lock import Lock
from penstock.hydrate.parts import unit_name
from penstock.hydrate.pinned import recorded
from penstock.hydrate.seen import Seen
from penstock.hydrate.select import Inputs
from penstock.platform import environments, lineage
from penstock.platform.layout import LINEAGE_NAME, LOCK_NAME, UPSTREAM_NAME, Layout, Limit
from penstock.tools import git, revisions

# Pages: no gate of an environment reads them. Tests of rules are read by the gate `config`.
_PAGES = re.compile(r"docs/|tests/(?!rules/)|(.*/)?[^/]*\.md$")
# What the digests of a component's inputs cover.
_INPUTS = re.compile(rf"helmfile\.yaml$|charts\.lock$|charts/|components/|environments/({LINEAGE_NAME}/)?[^/]*$")


def touched(layout: Layout, base: str = "") -> tuple[Limit, ...]:
    """Return the environments that a change since `base` can touch, with the components in them.

    The base is by default the merge base with the default branch, and is taken to pass every gate. Raises PenstockError
    for an unknown revision, and for a clone without the base.
    """
    start, _ = revisions.base_of(layout.root, base, git.head(layout.root))
    paths = {path for path in revisions.differing(layout.root, start) if not _PAGES.match(path)}
    names = environments.names(layout)
    own = {path for name in names if lineage.file(layout, name) for path in _files(layout, name)}
    if any(_concerns_all(path, own) for path in paths):
        return tuple(Limit(name) for name in names)
    others = destinations.of(layout, names)
    locks = git.files(layout.root, start, *(f"manifests/{name}/{LOCK_NAME}" for name in names)) if paths else {}
    seen = Seen()
    found = []
    for name in names:
        shown = f"manifests/{name}"
        if name in others:
            raw, written = _published(layout, name)
        else:
            raw = locks.get(f"{shown}/{LOCK_NAME}")
            written = {path.removeprefix(f"{shown}/") for path in paths if path.startswith(f"{shown}/")}
        old = lock.decode(raw, name, shown) if raw else lock.EMPTY
        components = _written(layout, name, old, written)
        if any(not path.startswith("manifests/") for path in paths):
            known = recorded(layout, name, old, seen=seen)
            components |= {each.name for each in select.stale(Inputs(layout, name, seen=seen), known, old)}
            components |= old.components.keys() - {each.name for each in known}
        if components or written or layout.relative(lineage.generated(layout, name)) in paths:
            found.append(Limit(name, tuple(sorted(components))))
    return tuple(found)


def _published(layout: Layout, name: str) -> tuple[bytes | None, set[str]]:
    """Return the lock that an environment's own branch publishes, and the files that differ from it."""
    tree = layout.tree(name)
    tip = checkouts.published(layout, name) if destinations.is_checked_out(layout, name) else ""
    if not tip:
        return None, set()
    return git.files(tree, tip, LOCK_NAME).get(LOCK_NAME), revisions.differing(tree, tip)


def _files(layout: Layout, name: str) -> Iterator[str]:
    return (layout.relative(each.path) for each in lineage.of(layout, name))


def _concerns_all(path: str, own: set[str]) -> bool:
    """Whether a file may matter to every environment: a contract, the engine's own files, or an unknown one."""
    if path.startswith("manifests/"):
        return path.count("/") < 2
    return path not in own and (not _INPUTS.match(path) or path.endswith(f"/{UPSTREAM_NAME}"))


def _written(layout: Layout, environment: str, old: Lock, paths: Iterable[str]) -> set[str]:
    """Return the components of which a file or the entry in the lock differs."""
    if not paths:
        return set()
    now = lock.read(layout.tree(environment), f"manifests/{environment}")
    changed = {
        name
        for name in old.components.keys() | now.components.keys()
        if old.components.get(name) != now.components.get(name)
    }
    owners = {
        unit_name(name, part): name
        for each in (old, now)
        for name, entry in each.components.items()
        for part in ("", *entry.parts)
    }
    return changed | {owners[folder] for path in paths if (folder := path.partition("/")[0]) in owners}

"""Check by digests, without rendering, whether manifests/ matches its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import is_conflict, sha256, walk
from penstock.core.rule import Rule
from penstock.hydrate import charts_lock, check, derived, labels, lock
from penstock.hydrate.index import Index, uncommitted
from penstock.hydrate.lock import Lock
from penstock.hydrate.parts import files, refuse_taken
from penstock.hydrate.pinned import recorded
from penstock.hydrate.rules import BY_ID, STALE, UNCOMMITTED
from penstock.hydrate.seen import Seen
from penstock.hydrate.select import Component, Inputs, shared_files, stale
from penstock.hydrate.shape import Shape, validate
from penstock.hydrate.tree import on_disk
from penstock.platform import environments
from penstock.platform.layout import LOCK_NAME, Layout


class Line(NamedTuple):
    """A fault in one line, and its rule."""

    text: str
    rule: Rule = STALE


def failure(lines: Iterable[Line], hint: str = "") -> Findings:
    """Return the error for some faults; the hint is by default that of their rules."""
    found = list(lines)
    hints = dict.fromkeys(line.rule.hint for line in found)
    return Findings([line.text for line in found], hint or "; ".join(hints), rules=[line.rule.id for line in found])


def missing(index: Index, paths: Iterable[Path | str]) -> list[Line]:
    """Return a line for each of these files that the commit lacks."""
    return [Line(text, UNCOMMITTED) for text in uncommitted(index, paths)]


def fast_findings(
    layout: Layout,
    environment: str,
    index: Index | None = None,
    seen: Seen | None = None,
) -> list[Line]:
    """Return what is stale, edited or contradictory, one line each; with `index`, for the tree to be committed.

    Environments of a run share what is `seen`.
    """
    seen = seen or Seen()
    tree, shown = layout.tree(environment), f"manifests/{environment}"
    path = tree / LOCK_NAME
    sparse = bool(index and index.left_out(tree))
    if index and path.is_file() and not index.holds(path):
        return missing(index, [path])
    raw = index.text(path) if index and sparse and not path.is_file() else path.read_bytes() if path.is_file() else b""
    locked = lock.decode(raw, environment, shown) if raw else lock.EMPTY
    if not locked.components:
        return [Line(f"{shown} was never hydrated")]
    findings = _sources(layout, environment, locked, index, seen)
    if lock.encode(locked) != raw.replace(b"\r\n", b"\n"):
        findings.append(Line(f"{shown}/{LOCK_NAME} is not as `inv hydrate` writes it (a merge?)"))
    findings += _contradictions(layout, environment, locked)
    # Files that a sparse checkout leaves out can't have been edited.
    return findings if sparse else findings + _tampered(layout, environment, locked, index, seen)


def unused_charts(layout: Layout, names: list[str]) -> list[Line]:
    """Return a line for each chart in charts.lock that no environment uses."""
    locks = [lock.read(layout.tree(name), f"manifests/{name}") for name in names]
    used = {chart for locked in locks for component in locked.components.values() for chart in component.own_charts}
    unused = charts_lock.read(layout).keys() - used
    return [Line(f"{charts_lock.NAME} has {chart}, which no component uses") for chart in unused]


def _sources(layout: Layout, environment: str, locked: Lock, index: Index | None, seen: Seen) -> list[Line]:
    found = recorded(layout, environment, locked, index, seen)
    changed = stale(Inputs(layout, environment, index=index, seen=seen), found, locked)
    absent: list[Line] = []
    if index and (changed or locked.components.keys() - {item.name for item in found}):
        # Report missing files of the commit as the reason if the component is up to date with them.
        everything = recorded(layout, environment, locked)
        others = {item.name for item in stale(Inputs(layout, environment), everything, locked)}
        needed = [item for item in everything if item.name in locked.components and item.name not in others]
        absent = missing(index, _read_by(layout, environment, needed, locked))
        found += [item for item in needed if item.name not in {each.name for each in found}]
        changed = [item for item in changed if item.name in others]
    names = {item.name for item in found}
    gone = [
        Line(f"components/{name} is gone, but manifests/{environment}/{name} is still there")
        for name in locked.components
        if name not in names
    ]
    return absent + _changed(environment, [item.name for item in changed]) + gone


def _read_by(layout: Layout, environment: str, needed: list[Component], locked: Lock) -> Iterator[Path]:
    """Yield the files that these components are rendered from."""
    yield from shared_files(layout, environment)
    needed = [item for item in needed if not item.revision]  # Git has those that are pinned
    charts = {chart for item in needed for chart in locked.components[item.name].charts}
    if any(map(charts_lock.is_upstream, charts)):
        yield layout.root / charts_lock.NAME
    local = [layout.root / chart for chart in sorted(charts) if not charts_lock.is_upstream(chart)]
    for folder in (*(item.folder for item in needed), *local):
        yield from walk(folder) if folder.is_dir() else ()


def _changed(environment: str, stale_names: list[str]) -> list[Line]:
    """Return one line for all: a changed environment or chart makes all of its components stale."""
    if len(stale_names) < 2:
        return [
            Line(f"components/{name} changed since manifests/{environment}/{name} was hydrated") for name in stale_names
        ]
    more = f" and {len(stale_names) - 3} more" if len(stale_names) > 3 else ""
    shown = ", ".join(stale_names[:3]) + more
    return [Line(f"manifests/{environment} is stale: what it is made of changed since it was hydrated ({shown})")]


def _contradictions(layout: Layout, environment: str, locked: Lock) -> list[Line]:
    """Return contradictions that a clean merge may leave between components, or in the files derived from them."""
    findings: list[Line] = []
    shape = Shape(locked.components)
    for rule in (check.check, refuse_taken):
        try:
            validate(rule, shape)
        except PenstockError as error:
            findings += _refused(error)
    read = labels.reader(layout.tree(environment), {})
    place = environments.place(layout, environment)
    try:
        made = {path: sha256(data) for path, data in derived.files(place, shape, read).items()}
    except PenstockError as error:
        return [*findings, *_refused(error)]
    paths = sorted(path for path in made.keys() | locked.flux.keys() if made.get(path) != locked.flux.get(path))
    return findings + [
        Line(f"manifests/{environment}/{path} doesn't follow from the components any more (a merge?)") for path in paths
    ]


def _refused(error: PenstockError) -> list[Line]:
    """Return a line for each fault of an error, under the rule that hydration would name."""
    if not isinstance(error, Findings):
        return [Line(text) for text in error.lines]
    return [Line(text, BY_ID.get(rule, STALE)) for text, rule in zip(error.findings, error.rules, strict=True)]


def _tampered(layout: Layout, environment: str, locked: Lock, index: Index | None, seen: Seen) -> list[Line]:
    shown = f"manifests/{environment}"
    actual = on_disk(layout, environment, seen, index)
    actual.pop(LOCK_NAME, None)
    expected = dict(locked.flux)
    expected |= {f"{unit}/{file}": each.sha256 for unit, file, each in files(locked.components)}
    edited = [path for path in expected if path in actual and actual[path] != expected[path]]
    if index is None:  # the index knows which files Git converts
        _refuse_line_ends(layout, environment, {path: expected[path] for path in edited})
    absent = [path for path in expected if path not in actual]
    tree = layout.tree(environment)
    untracked = [tree / path for path in absent if index and (tree / path).is_file()]
    texts = [
        f"{shown}/{path} {'has a merge conflict' if _is_conflict(tree / path) else 'was edited by hand'}"
        for path in edited
    ]
    texts += [f"{shown}/{path} is missing: it was deleted by hand" for path in absent if tree / path not in untracked]
    texts += [
        f"{shown}/{path} is an extra file: `inv hydrate` did not write it" for path in actual if path not in expected
    ]
    return sorted([*map(Line, texts), *(missing(index, untracked) if index else [])])


def _is_conflict(path: Path) -> bool:
    return not path.is_symlink() and is_conflict(path.read_bytes())


def _refuse_line_ends(layout: Layout, environment: str, expected: dict[str, str]) -> None:
    """Raise Findings if edited manifests differ only in line ends, since all sources then differ too."""
    tree = layout.tree(environment)
    texts = {path: (tree / path).read_bytes() for path in expected if not (tree / path).is_symlink()}
    found = [path for path, text in texts.items() if sha256(text.replace(b"\r\n", b"\n")) == expected[path]]
    if found:
        raise line_ends([f"manifests/{environment}/{path}" for path in found], "the lock")


def line_ends(paths: list[str], where: str) -> Findings:
    """Return the one finding about files whose line ends Git converted."""
    more = f" and {len(paths) - 1} more have" if len(paths) > 1 else " has"
    return Findings(
        [f"{paths[0]}{more} CRLF line ends here, and LF in {where}: Git converts them, so digests differ elsewhere"],
        "commit a .gitattributes that stops it (docs/how-to/gate-another-platform.md), then clone again",
    )

"""inv diff: show what the manifests of the working tree will change in the cluster, object by object."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.hydrate import index
from penstock.hydrate.fast import fast_findings
from penstock.platform import environments
from penstock.platform.environments import Wanted
from penstock.platform.layout import Layout, find_platform
from penstock.review import ends, trees
from penstock.review.compare import Change, Diff
from penstock.review.compare import diff as compare
from penstock.review.fields import Field
from penstock.tools.git import commit

_SIGNS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}
_COLOURS = {"+": "green", "-": "red", "@": "dim"}
_DIGEST = re.compile(r"[0-9a-f]{40,64}")
# The effects that a summary names, most urgent first.
_SUMMED = {
    "refused": "refused",
    "recreated": "recreates",
    "rolled": "rolls",
    "kept": "leaves behind",
    "needs": "new Secrets for",
}
_MOST_NAMED = 3
_MOST_LINES = 40
_WIDEST = 160


def diff(environment: Wanted, base: str, as_json: bool, platform: str = "") -> None:
    """Print how the manifests of the working tree differ from those of a commit; differences aren't errors."""
    layout = find_platform(platform)
    found = collect(layout, environment, base)
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(found, enc_hook=str)).decode())
        return
    for each in found:
        _show(each)


def collect(layout: Layout, environment: Wanted, base: str) -> list[Diff]:
    """Compare the environments; raises PenstockError for an unknown revision or a file without an object."""
    revision = commit(layout.root, base)
    old, new = trees.in_commit(layout.root, revision), trees.on_disk(layout.root)
    known = environments.pick(layout, environment)
    # An environment removed from helmfile.yaml is a difference, too.
    names = known if environment else sorted({*known, *old})
    git = index.read(layout)
    if git:
        names = index.present(git, layout, names, bool(environment))
    console.info(f"manifests/ of the working tree against {base} ({revision[:12]})")
    declared = ends.declared(layout)
    found = []
    for name in names:
        stale = _stale(layout, name) if name in known else []
        for line in stale:
            console.warn(f"{line}; run `inv hydrate` first: the diff reads manifests/ as it is")
        version = ends.version(layout, name) if name in known else ""
        found.append(compare(name, old.get(name, {}), new.get(name, {}), declared, stale, version))
    return found


def _stale(layout: Layout, environment: str) -> list[str]:
    try:
        return [line.text for line in fast_findings(layout, environment)]
    except PenstockError as error:
        # Unreadable sources or a damaged lock are no reason to hide differences of the manifests.
        return [error.message]


def _show(found: Diff) -> None:
    if found.changes or found.hooks:
        console.out(console.coloured(found.environment, "bold"))
    for component, changes in groupby(found.changes, key=lambda change: change.component):
        console.out(f"  {component}")
        for change in changes:
            _show_change(change)
    for line in found.hooks:
        console.out(f"  {line}")
    console.out(summary(found))


def summary(found: Diff) -> str:
    """Return a line with the numbers of objects, and the effects that a user should know."""
    if not found.changes:
        return f"{found.environment}: nothing changes{' in the cluster' if found.hooks else ''}"
    counts = ", ".join(f"{found.count(what)} {what}" for what in ("changed", "added", "removed"))
    parts = [f"{found.environment}: {counts}"]
    for what, said in _SUMMED.items():
        named = found.objects(what)
        if named:
            more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
            parts.append(f"{said} {', '.join(named[:_MOST_NAMED])}{more}")
    return "; ".join(parts)


def _show_change(change: Change) -> None:
    sign, colour = _SIGNS[change.what]
    console.out(f"    {console.coloured(f'{sign} {change.object}', colour)}")
    for field in change.fields:
        _show_field(field)
    for effect in change.effects:
        console.out(f"      {console.coloured('→', 'bold')} {effect.says}")


def _show_field(field: Field) -> None:
    if not field.lines:
        console.out(f"        {field.path}: {_value(field.old)} → {_value(field.new)}")
        return
    console.out(f"        {field.path}:")
    for line in field.lines[:_MOST_LINES]:
        text = line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…"
        console.out(f"          {console.coloured(text, _COLOURS[line[0]]) if line[0] in _COLOURS else text}")
    left = len(field.lines) - _MOST_LINES
    if left > 0:
        console.out(f"          … {left} more lines: inv diff --json has all")


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f"{value[:12]}…"
    return value if isinstance(value, str) and value else msgspec.json.encode(value, enc_hook=str).decode()

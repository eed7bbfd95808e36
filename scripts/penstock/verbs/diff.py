"""inv diff: show what the manifests of the working tree will change in the cluster, object by object."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.hydrate import destinations, index
from penstock.hydrate.fast import fast_findings
from penstock.platform import environments
from penstock.platform.environments import Wanted, also, shown
from penstock.platform.layout import Layout, find_platform
from penstock.review import branches, ends, trees
from penstock.review.compare import Change, Diff, diffs
from penstock.review.fields import Field
from penstock.review.groups import same
from penstock.review.world import Parsed, World, Worlds
from penstock.tools.git import head
from penstock.tools.revisions import commit

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
    every = [each.environment for each in found]
    alike = same((each.environment, change) for each in found for change in each.changes)
    alike.sort(key=lambda one: (-len(one.environments), one.environments, one.one.component, one.one.object))
    for names, changes in groupby(alike, key=lambda one: one.environments):
        console.out(console.coloured(shown(names, every), "bold"))
        _show([one.one for one in changes])
    for hook in same((each.environment, line) for each in found for line in each.hooks):
        console.out(f"{shown(hook.environments, every)}: {hook.one}")
    for line in same((each.environment, summary(each)) for each in found):
        console.out(f"{shown(line.environments, every)}: {line.one}")


def collect(layout: Layout, environment: Wanted, base: str) -> list[Diff]:
    """Compare the environments; raises PenstockError for an unknown revision or a file without an object."""
    revision = commit(layout.root, base)
    commits = dict.fromkeys((revision, head(layout.root)))
    old, *_, new = trees.read(layout.root, *commits, changed=ends.changed(layout.root))
    notes = [*branches.replace(layout, old, new)]
    known = environments.pick(layout, environment)
    # An environment removed from helmfile.yaml is a difference, too.
    names = known if environment else sorted({*known, *old})
    missing = destinations.absent(layout, known)
    if missing and environment:
        raise destinations.refusal(layout, missing[0])
    names = [name for name in names if name not in missing]
    git = index.read(layout)
    if git:
        names = index.present(git, layout, names, bool(environment))
    console.info(f"manifests/ of the working tree against {base} ({revision[:12]})")
    for note in notes:
        console.info(note)
    parsed: Parsed = {}
    every = [Worlds(World(name, old.get(name, {}), parsed), World(name, new.get(name, {}), parsed)) for name in names]
    stale = {name: _stale(layout, name) for name in names if name in known}
    for line in same((name, line) for name, lines in stale.items() for line in lines):
        console.warn(
            f"{line.one}{also(line.environments[1:])}; run `inv hydrate` first: the diff reads manifests/ as it is"
        )
    versions = {name: ends.version(layout, name) for name in names if name in known}
    return diffs(every, ends.declared(layout), stale, versions)


def _stale(layout: Layout, environment: str) -> list[str]:
    try:
        return [line.text for line in fast_findings(layout, environment)]
    except PenstockError as error:
        # Unreadable sources or a damaged lock are no reason to hide differences of the manifests.
        return [error.message]


def _show(changes: Iterable[Change]) -> None:
    for component, each in groupby(changes, key=lambda change: change.component):
        console.out(f"  {component}")
        for change in each:
            _show_change(change)


def summary(found: Diff) -> str:
    """Return a line with the numbers of objects, and the effects that a user should know."""
    if not found.changes:
        return f"nothing changes{' in the cluster' if found.hooks else ''}"
    counts = ", ".join(f"{found.count(what)} {what}" for what in ("changed", "added", "removed"))
    parts = [counts]
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

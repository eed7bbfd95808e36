"""Helmfiles into releases with their final values; what would make them depend on anything else is refused first."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import walk
from penstock.core.layout import Layout
from penstock.hydrate import gotmpl, names, values
from penstock.hydrate.select import Component, refuse_outward
from penstock.tools import helmfile

_ASKS = re.compile(r"\{\{.*\b(?:isFile|isDir)\b")
_UPWARD = re.compile(r"(?<![\w./-])(?:\.{1,2}/[\w./*@-]+|/(?:etc|home|root|tmp|usr|var|opt|mnt)/[\w./*@-]+)")
# What an entry of a kustomization names above its own folder: an item of a list, or the path of a patch.
_ENTRY = re.compile(r"""^[ \t]*(?:-[ \t]+)?(?:path:[ \t]*)?["']?(\.\./[^\s"'#,\]]*)""", re.MULTILINE)

# One helmfile resolves its files one after another, some 5 ms each, and keeps them all in memory: so two run side by
# side, each over a part at a time. More would be faster where there are more cores, but each takes over 100 MB. Below
# the smaller number starting another one costs more than it saves.
_FEWEST, _MOST = 25, 250
_SIDE_BY_SIDE = 2


def refuse_unhermetic(layout: Layout, components: list[Component]) -> None:
    """Raise Findings for what would make a component depend on more than its inputs, or on who reads them."""
    findings = [
        line
        for path in (*layout.root.glob("helmfile.yaml*"), *layout.environments.glob("*.gotmpl"))
        for line in _unstable(layout.relative(path), path.read_text(errors="replace"))
    ]
    for component in components:
        for path in walk(component.folder):
            if path.is_symlink():
                refuse_outward(path, component.folder)
            if component.helmfile and path.name.endswith((".gotmpl", "helmfile.yaml")):
                findings += _unhermetic(layout, component, path)
            if path.name in names.KUSTOMIZATIONS:
                findings += _outward(layout, component, path)
    if findings:
        raise Findings(
            findings, "a component reads only its own folder, environments/ and charts/, and the same at every run"
        )
    unclear = [line for component in components for line in values.ambiguous(layout, component)]
    if unclear:
        raise Findings(unclear, "nothing was written; fix the lines named above and run it again")


def resolve(layout: Layout, environment: str, components: list[Component], home: Path) -> str:
    """The resolved releases of these components, as helmfile prints them."""
    helmfiles = [component.helmfile for component in components if component.helmfile]
    size = min(_MOST, max(_FEWEST, -(-len(helmfiles) // _SIDE_BY_SIDE)))
    parts = [helmfiles[start : start + size] for start in range(0, len(helmfiles), size)]
    try:
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            return "".join(pool.map(lambda part: _build(part, environment, home), parts))
    except PenstockError as failure:
        # helmfile names the line of a template, but not that of a values file that isn't YAML.
        if "not YAML" in failure.message:
            values.refuse_broken(layout, components)
        raise


def _build(helmfiles: list[Path], environment: str, home: Path) -> str:
    if len(helmfiles) == 1:
        return helmfile.build(helmfiles[0], environment, home)
    with helmfile.selection(helmfiles, environment) as path:
        return helmfile.build(path, environment, home)


def _outward(layout: Layout, component: Component, path: Path) -> list[str]:
    """A line for each entry of a kustomization that lies outside of what Kustomize may read."""
    folder = component.folder / "kustomize"
    entries = _ENTRY.findall(path.read_text(errors="replace"))
    return [
        f"{layout.relative(path)}: {entry} is outside of {layout.relative(folder)}"
        for entry in entries
        if not f"{os.path.normpath(path.parent / entry)}{os.sep}".startswith(f"{folder}{os.sep}")
    ]


def _unhermetic(layout: Layout, component: Component, path: Path) -> list[str]:
    findings: list[str] = []
    allowed = tuple(f"{folder}{os.sep}" for folder in (component.folder, layout.environments, layout.charts))
    shown, parent = layout.relative(path), str(path.parent)
    text = path.read_text(errors="replace")
    findings += _unstable(shown, text)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        if path.name.startswith("helmfile.yaml") or _ASKS.search(line):
            for match in _UPWARD.finditer(line):
                # Text, not Path: this runs for every line of every component.
                place = match[0] if match[0].startswith("/") else f"{parent}/{match[0]}"
                if not f"{os.path.normpath(place)}{os.sep}".startswith(allowed):
                    findings.append(f"{shown}:{number}: {match[0]} leads out of the component")
    return findings


def _unstable(shown: str, text: str) -> list[str]:
    return [f"{shown}:{line}: the template function `{name}` {why}" for line, name, why in gotmpl.unstable(text)]

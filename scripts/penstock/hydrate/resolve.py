"""Resolve helmfiles into releases with final values, and refuse dependencies outside the inputs."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from penstock.core.errors import Findings
from penstock.core.files import walk
from penstock.core.yaml import utf8
from penstock.hydrate import gotmpl, helmfiles, names, values
from penstock.hydrate.rules import AMBIGUOUS, HERMETIC
from penstock.hydrate.select import Component, refuse_outward, shared_files
from penstock.platform.layout import Layout
from penstock.tools import helmfile

_ASKS = re.compile(r"\{\{.*\b(?:isFile|isDir)\b")
_UPWARD = re.compile(r"(?<![\w./-])\.{1,2}/[\w./*@-]+")
# A path above the kustomization's folder: a list item, or the path of a patch.
_ENTRY = re.compile(r"""^[ \t]*(?:-[ \t]+)?(?:path:[ \t]*)?["']?(\.\./[^\s"'#,\]]*)""", re.MULTILINE)

# One helmfile process resolves its files one by one, some 5 ms each, and keeps them all in memory. So two processes run
# in parallel, each on one batch at a time. More would be faster on more cores, but each takes over 100 MB. For batches
# below the minimum, starting a process costs more than it saves.
_FEWEST, _MOST = 25, 250
_SIDE_BY_SIDE = 2


def refuse_unhermetic(layout: Layout, environment: str, components: list[Component]) -> None:
    """Raise Findings for dependencies on anything except inputs, and for values that programs read differently."""
    findings, unclear = _shared(layout, environment), []
    for component in components:
        helmfile = helmfiles.read(component.helmfile) if component.helmfile else None
        parts = helmfiles.put_together(helmfile) if helmfile else set()
        for path in walk(component.folder):
            if path.is_symlink():
                refuse_outward(path, component.folder)
            elif helmfile and helmfiles.may_read(component, path):
                text = helmfile.text if path == helmfile.path else path.read_text(errors="replace")
                if path.name.endswith((".gotmpl", "helmfile.yaml")):
                    findings += _unhermetic(layout, component, path)
                if path in parts or path.name.startswith("helmfile.yaml"):
                    findings += helmfiles.faults(layout, helmfile if path == helmfile.path else helmfiles.read(path))
                findings += helmfiles.references(layout, path, text)
                unclear += values.ambiguous(layout, path, text) if values.is_values(path) else []
            if path.name in names.KUSTOMIZATIONS:
                findings += _outward(layout, component, path)
    if findings:
        raise Findings(
            findings,
            "a component reads only its own folder, environments/ and charts/, and the same at every run",
            HERMETIC,
        )
    if unclear:
        raise Findings(unclear, "nothing was written; fix the lines named above and run it again", AMBIGUOUS)


def resolve(layout: Layout, environment: str, components: list[Component], home: Path) -> str:
    """Return the resolved releases of these components, as printed by helmfile."""
    files = [component.helmfile for component in components if component.helmfile]
    size = min(_MOST, max(_FEWEST, -(-len(files) // _SIDE_BY_SIDE)))
    parts = [files[start : start + size] for start in range(0, len(files), size)]
    try:
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            return "".join(pool.map(lambda part: _build(part, environment, home), parts))
    except helmfile.NotYaml:
        # helmfile reports the line of a template, but not of a values file.
        values.refuse_broken(layout, components)
        raise


def _build(files: list[Path], environment: str, home: Path) -> str:
    if len(files) == 1:
        return helmfile.build(files[0], environment, home)
    with helmfile.selection(files, environment) as path:
        return helmfile.build(path, environment, home)


def _shared(layout: Layout, environment: str) -> list[str]:
    findings: list[str] = []
    for path in sorted((*layout.root.glob("helmfile.yaml*"), *shared_files(layout, environment))):
        if path.name.endswith((".gotmpl", ".yaml", ".yml")) and path.is_file():
            findings += _unstable(layout.relative(path), _text(layout, path), path.name)
            findings += helmfiles.references(layout, path, path.read_text(errors="replace"))
            findings += helmfiles.faults(layout, helmfiles.read(path)) if path.name.startswith("helmfile.yaml") else []
    return findings


def _outward(layout: Layout, component: Component, path: Path) -> list[str]:
    """Return a line for each entry of a kustomization outside the folders that Kustomize may read."""
    folder = component.folder / "kustomize"
    entries = _ENTRY.findall(path.read_text(errors="replace"))
    return [
        f"{layout.relative(path)}: {entry} is outside of {layout.relative(folder)}"
        for entry in entries
        if not f"{os.path.normpath(path.parent / entry)}{os.sep}".startswith(f"{folder}{os.sep}")
    ]


def _unhermetic(layout: Layout, component: Component, path: Path) -> list[str]:
    findings: list[str] = []
    # A component of a revision has no environments/ beside it, but is staged with today's.
    folders = (component.folder, layout.components.with_name(layout.environments.name), layout.charts)
    allowed = tuple(f"{folder}{os.sep}" for folder in folders)
    shown, parent = layout.relative(path), str(path.parent)
    text = _text(layout, path)
    findings += _unstable(shown, text, path.name)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        if path.name.startswith("helmfile.yaml") or _ASKS.search(line):
            for match in _UPWARD.finditer(line):
                # Strings instead of Path: this runs for every line of every component.
                if not f"{os.path.normpath(f'{parent}/{match[0]}')}{os.sep}".startswith(allowed):
                    findings.append(f"{shown}:{number}: {match[0]} leads out of the component")
    return findings


def _unstable(shown: str, text: str, name: str) -> list[str]:
    # helmfile renders the strings of a helmfile once more, for each release.
    calls = gotmpl.unstable(text, again=name.startswith("helmfile.yaml"))
    return [f"{shown}:{line}: the template function `{name}` {why}" for line, name, why in calls]


def _text(layout: Layout, path: Path) -> str:
    return utf8(path.read_bytes(), layout.relative(path))

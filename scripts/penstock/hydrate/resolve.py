"""Resolve helmfiles into releases with final values, and refuse dependencies outside the inputs."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import Findings
from penstock.core.files import walk
from penstock.core.yaml import utf8
from penstock.hydrate import gotmpl, helmfiles, names, values
from penstock.hydrate.rules import AMBIGUOUS, HERMETIC
from penstock.hydrate.select import Component, refuse_outward, shared_files
from penstock.platform.layout import Layout
from penstock.tools import helmfile
from penstock.tools import resolve as resolver
from penstock.tools.resolve import Answer, Helmfile, Request
from penstock.tools.resolver import resolve as program

_ASKS = re.compile(r"\{\{.*\b(?:isFile|isDir)\b")
_UPWARD = re.compile(r"(?<![\w./-])\.{1,2}/[\w./*@-]+")
# A path above the kustomization's folder: a list item, or the path of a patch.
_ENTRY = re.compile(r"""^[ \t]*(?:-[ \t]+)?(?:path:[ \t]*)?["']?(\.\./[^\s"'#,\]]*)""", re.MULTILINE)

# A process resolves one helmfile after another, some 2 ms each, so two processes share them. More would be faster on
# more cores, but each takes over 100 MB. Below the minimum, starting a second one costs more than it saves.
_FEWEST = 100
_SIDE_BY_SIDE = 2


@dataclass(frozen=True)
class State:
    """What helmfile resolves a component to: an environment that has the same state, and the state as text."""

    environment: str
    text: str


def refuse_unhermetic(layout: Layout, environments: list[str], components: list[Component]) -> None:
    """Raise Findings for dependencies on anything except inputs, and for values that programs read differently."""
    findings, unclear = _shared(layout, environments), []
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


def resolve(
    layout: Layout, readable: dict[str, list[str]], wanted: list[tuple[str, Component]], home: Path
) -> list[State | None]:
    """Return the state of each component in its environment; None without a helmfile.

    `layout` is the staged one; `readable` has the files in environments/ that each environment may read.
    """
    files: dict[str, list[str]] = {}
    for environment, component in wanted:
        if component.helmfile:
            files.setdefault(layout.relative(component.helmfile), []).append(environment)
    try:
        answers = _answers(layout, files, readable, home)
    except helmfile.NotYaml:
        # helmfile reports the line of a template, but not of a values file.
        values.refuse_broken(layout, [component for _, component in wanted])
        raise
    return [
        _state(answers, layout.relative(each.helmfile), environment) if each.helmfile else None
        for environment, each in wanted
    ]


def _answers(
    layout: Layout, files: dict[str, list[str]], readable: dict[str, list[str]], home: Path
) -> dict[tuple[str, str], Answer]:
    helmfiles = [Helmfile(path, names) for path, names in files.items()]
    many = sum(len(names) for names in files.values()) >= _FEWEST
    shares = [helmfiles[number::_SIDE_BY_SIDE] for number in range(_SIDE_BY_SIDE)] if many else [helmfiles]
    requests = [Request(str(layout.root), str(program("helm")), readable, share) for share in shares if share]
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        found = pool.map(lambda request: resolver.resolve(request, home), requests)
        return {(answer.path, answer.environment): answer for answers in found for answer in answers}


def _state(answers: dict[tuple[str, str], Answer], path: str, environment: str) -> State:
    answer = answers[path, environment]
    return State(answer.same or environment, answers[path, answer.same].state if answer.same else answer.state)


def _shared(layout: Layout, environments: list[str]) -> list[str]:
    findings: list[str] = []
    shared = dict.fromkeys(path for name in environments for path in shared_files(layout, name))
    for path in sorted((*layout.root.glob("helmfile.yaml*"), *shared)):
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

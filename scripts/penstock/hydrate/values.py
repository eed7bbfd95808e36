"""Check values files before helmfile reads them: invalid YAML, and scalars that helmfile and Helm read differently."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from penstock.core.errors import PenstockError
from penstock.core.files import walk
from penstock.core.yaml import compose, scalars_of
from penstock.hydrate import helmfiles
from penstock.hydrate.select import Component
from penstock.platform.layout import Layout

# Placeholder text replaces the actions of a template, which leaves nearly everything to check.
_ACTION = re.compile(r"\{\{.*?\}\}")
_ACTION_LINE = re.compile(r"^[ \t]*(?:\{\{.*?\}\}[ \t]*)+$", re.MULTILINE)

# Words that are booleans in YAML 1.1, which Helm reads, and text in YAML 1.2, which helmfile reads.
_WORDS = "y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_SUSPECT = re.compile(rf"(?<![^\s\[{{,])(?:(?:{_WORDS})(?![^\s\]}},:])|{_DATE})")
_BOOLEAN = re.compile(_WORDS)
_TIMESTAMP = re.compile(rf"{_DATE}(?:[Tt\s].*)?")


def refuse_broken(layout: Layout, components: list[Component]) -> None:
    """Raise PenstockError, with line and column, for a values file or helmfile that isn't YAML."""
    for component in components:
        for path in (*_files(component), *([component.helmfile] if component.helmfile else [])):
            _compose(layout, path, _plain(path, path.read_text(errors="replace")))


def ambiguous(layout: Layout, path: Path, text: str) -> list[str]:
    """Return a line for every plain scalar of a values file that Helm and helmfile read as different types."""
    plain = _plain(path, text)
    if not _SUSPECT.search(plain):
        return []
    try:
        root = _compose(layout, path, plain)
    except PenstockError:
        return []  # helmfile reports the fault
    findings = []
    for scalar in (each for each in scalars_of(root) if not each.style):
        mark = scalar.start_mark
        where = f"{layout.relative(path)}:{mark.line + 1}:{mark.column + 1}: `{scalar.value}`"
        if _BOOLEAN.fullmatch(scalar.value):
            findings.append(f"{where} is a boolean to Helm and text to helmfile: write true or false, or quote it")
        elif _TIMESTAMP.fullmatch(scalar.value):
            findings.append(f"{where} is a date to helmfile and text to Helm: quote it")
    return findings


def is_values(path: Path) -> bool:
    """Whether a file that helmfile may read is a values file, by its name."""
    return path.name.endswith((".yaml", ".yml", ".yaml.gotmpl")) and not path.name.startswith(("helmfile.yaml", "."))


def _files(component: Component) -> list[Path]:
    return [
        path
        for path in (walk(component.folder) if component.helmfile else ())
        if is_values(path) and helmfiles.may_read(component, path) and not path.is_symlink()
    ]


def _plain(path: Path, text: str) -> str:
    return _ACTION.sub("x", _ACTION_LINE.sub("", text)) if path.suffix == ".gotmpl" else text


def _compose(layout: Layout, path: Path, plain: str) -> yaml.Node | None:
    # Only helmfile knows how to handle several documents.
    return None if "\n---" in plain else compose(plain, layout.relative(path))

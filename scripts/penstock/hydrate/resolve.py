"""Helmfiles into releases with their final values; what would make them depend on anything else is refused first."""

from __future__ import annotations

import os.path
import re
from pathlib import Path

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import walk
from penstock.core.layout import Layout
from penstock.core.model import parse
from penstock.hydrate.select import Component
from penstock.tools import helmfile

_UPWARD = re.compile(r"(?<![\w./-])(?:\.{1,2}/[\w./*@-]+|/(?:etc|home|root|tmp|usr|var|opt|mnt)/[\w./*@-]+)")
# Template functions (sprig and helmfile) whose value differs from run to run or from machine to machine.
_UNSTABLE = re.compile(
    r"\{\{[^}]*?\b(now|ago|uuidv4|rand(?:Alpha|AlphaNum|Numeric|Ascii|Bytes|Int)|shuffle|htpasswd|bcrypt|"
    r"gen(?:PrivateKey|CA|CAWithKey|SelfSignedCert|SelfSignedCertWithKey|SignedCert|SignedCertWithKey)|"
    r"env|requiredEnv|expandenv|getHostByName)\b"
)


def refuse_unhermetic(layout: Layout, components: list[Component]) -> None:
    """Raise Findings for every path that leads out of a component and every function that isn't repeatable."""
    findings = []
    for component in components:
        for path in walk(component.folder):
            if component.helmfile and path.name.endswith((".gotmpl", "helmfile.yaml")):
                findings += _unhermetic(layout, component, path)
    if findings:
        raise Findings(
            findings, "a component reads only its own folder, environments/ and charts/, and the same at every run"
        )


def check_yaml(layout: Layout, components: list[Component]) -> None:
    """Raise PenstockError, with line and column, for a plain values file that isn't YAML."""
    for component in components:
        for path in walk(component.folder):
            if path.suffix in (".yaml", ".yml") and path.parent == component.folder and not path.name.startswith("."):
                text = path.read_bytes()
                if text.count(b"\n---") == 0:
                    parse(text, layout.relative(path))


def resolve(layout: Layout, environment: str, components: list[Component], home: Path) -> str:
    """The resolved releases of these components, as helmfile prints them."""
    helmfiles = [component.helmfile for component in components if component.helmfile]
    if not helmfiles:
        return ""
    try:
        if len(helmfiles) == 1:
            return helmfile.build(helmfiles[0], environment, home)
        with helmfile.selection(helmfiles, environment) as path:
            return helmfile.build(path, environment, home)
    except PenstockError:
        # helmfile names the line of a template, but not that of a values file that isn't YAML.
        check_yaml(layout, components)
        raise


def _unhermetic(layout: Layout, component: Component, path: Path) -> list[str]:
    findings = []
    allowed = (component.folder, layout.environments, layout.charts)
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
        where = f"{layout.relative(path)}:{number}"
        if line.lstrip().startswith("#"):
            continue
        unstable = _UNSTABLE.search(line)
        if unstable:
            findings.append(f"{where}: the template function `{unstable[1]}` doesn't give the same at every run")
        if path.name.startswith("helmfile.yaml"):
            for match in _UPWARD.finditer(line):
                target = Path(os.path.normpath(path.parent / match[0]))
                if not any(target.is_relative_to(folder) for folder in allowed):
                    findings.append(f"{where}: {match[0]} leads out of the component")
    return findings

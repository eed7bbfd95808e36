"""The oracle: what plain `helmfile template` and `kustomize build` render, against manifests/, object by object.

Nothing of the hydrator has a part in it but the list of components, the copy of the sources that programs see, and
which archive an upstream chart is.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.files import plain_folder
from penstock.core.layout import Layout, find_platform
from penstock.core.process import Command, run
from penstock.core.yaml import parse_all
from penstock.gitops import accounts
from penstock.gitops.manifests import Manifests
from penstock.hydrate import environments, names, offline, select, stage
from penstock.hydrate.charts import Charts
from penstock.hydrate.select import Component
from penstock.tools import helmfile
from penstock.tools.resolver import resolve

_CHART = "chart.yaml"


def oracle() -> None:
    """Findings for every object that is missing, extra or different; all environments."""
    layout = find_platform()
    for name in environments.names(layout):
        expected = _expected(layout, name)
        manifests = Manifests(layout.tree(name))
        files = [entry for component in manifests.components for entry in manifests.files(component).items()]
        # What gives Flux' accounts their rights is made of the objects, not rendered: hydrate-check holds that.
        actual = {_key(item): item for path, item in files if not path.name.startswith(accounts.PREFIX)}
        findings = [f"{name}: {_shown(key)} {said}" for key, said in _differences(expected, actual)]
        if findings:
            raise Findings(
                findings, "the hydrator and helmfile disagree: hydrate first; if it stays, report it as a bug"
            )
        console.good(f"{name}: {len(actual)} objects, each equal to what helmfile and kustomize render")


def _expected(layout: Layout, environment: str) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    with plain_folder("penstock-oracle-") as home:
        staged, components = stage.stage(layout, environment, select.components(layout, environment), home)
        offline.prepare(staged, Charts(layout, may_lock=False), environment, components, home)
        plain = [item.helmfile for item in components if item.helmfile and not item.kustomization]
        if plain:
            with helmfile.selection(plain, environment) as path:
                found |= _parsed(helmfile.template(path, environment, home))
        for item in components:
            if item.kustomization:
                found |= _parsed(_kustomized(item, environment, home))
    return found


def _kustomized(component: Component, environment: str, home: Path) -> str:
    assert component.kustomization is not None
    chart = helmfile.template(component.helmfile, environment, home) if component.helmfile else ""
    copy = home / component.name
    shutil.copytree(component.folder, copy)
    found = [path for name in names.KUSTOMIZATIONS for path in copy.rglob(name)]
    taken = [path.parent for path in found if _CHART in path.read_text()]
    for folder in taken:
        (folder / _CHART).write_text(chart)
    place = copy / component.kustomization.relative_to(component.folder)
    built = run(Command([resolve("kustomize"), "build", place], env={"HOME": str(home), "PATH": ""}, bare=True)).text
    return built if taken else f"{chart}\n---\n{built}"


def _parsed(stream: str) -> dict[tuple[str, ...], Any]:
    documents = parse_all(stream, "what helmfile and kustomize render", last_wins=True)
    return {_key(item): item for document in documents if document for item in _items(document)}


def _items(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of a List, which the hydrator writes one by one, or the object itself."""
    items = document.get("items")
    return items if isinstance(items, list) and str(document.get("kind")).endswith("List") else [document]


def _key(item: dict[str, Any]) -> tuple[str, ...]:
    metadata = item["metadata"]
    return (item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"])


def _differences(
    expected: dict[tuple[str, ...], Any], actual: dict[tuple[str, ...], Any]
) -> list[tuple[tuple[str, ...], str]]:
    found = [(key, "is rendered by helmfile, but not in manifests/") for key in sorted(expected.keys() - actual.keys())]
    found += [
        (key, "is in manifests/, but not rendered by helmfile") for key in sorted(actual.keys() - expected.keys())
    ]
    for key in sorted(expected.keys() & actual.keys()):
        path = _first_difference(expected[key], actual[key], "")
        if path:
            found.append((key, f"differs at {path}"))
    return found


def _first_difference(left: Any, right: Any, path: str) -> str:
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        pairs = [(f"{path}.{key}", left[key], right[key]) for key in left]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(f"{path}[{index}]", *both) for index, both in enumerate(zip(left, right, strict=True))]
    else:
        return "" if type(left) is type(right) and left == right else path or "."
    return next((found for where, one, other in pairs if (found := _first_difference(one, other, where))), "")


def _shown(key: tuple[str, ...]) -> str:
    _, kind, namespace, name = key
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"

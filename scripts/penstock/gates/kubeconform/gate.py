"""Every manifest against the API server's own validation and the schemas of the environment's Kubernetes version.

Offline. `apicheck` runs the API server's code over each object, as Flux would apply it. It is built from one version of
Kubernetes, so kubeconform looks for fields that the environment's version doesn't have. Custom resources are judged by
their CustomResourceDefinitions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import Layout, find_platform
from penstock.gates.kubeconform import definitions, faults, judge
from penstock.gates.kubeconform.kubernetes import FILES, Kind, schemas
from penstock.platform import environments
from penstock.platform.environments import Kubernetes
from penstock.platform.manifests import Manifests
from penstock.tools import kubeconform as program
from penstock.tools.apicheck import Verdict

Object = dict[str, Any]
_HINT = "fix the component's values or chart, then `inv hydrate`"


@dataclass(frozen=True)
class _Environment:
    name: str
    tree: Path
    kubernetes: Kubernetes
    files: dict[Path, Object]
    definitions: list[Object]

    @property
    def request(self) -> judge.Request:
        return judge.Request(self.kubernetes.version, self.definitions, list(self.files.values()))


def kubeconform() -> None:
    """Findings for every manifest that the API server would refuse; all environments."""
    layout = find_platform()
    parsed: dict[bytes, Object] = {}
    every = [_read(layout, name, parsed) for name in environments.names(layout)]
    verdicts = judge.verdicts([environment.request for environment in every])
    with ThreadPoolExecutor() as pool:
        fits = list(pool.map(_fits, every))
    found = [
        f"{layout.relative(path)}: {line}"
        for environment, judged, fit in zip(every, verdicts, fits, strict=True)
        for path, line in _faults(environment, judged, fit)
    ]
    if found:
        raise Findings(sorted(found), _HINT)
    for each in every:
        console.good(f"{each.name}: {len(each.files)} manifests fit Kubernetes {each.kubernetes.version}")


def _read(layout: Layout, name: str, parsed: dict[bytes, Object]) -> _Environment:
    """What is in an environment; Findings for files that hold no object."""
    manifests = Manifests(layout.tree(name), parsed)
    files = {path: item for component in manifests.components for path, item in manifests.files(component).items()}
    files |= manifests.synced()
    wrong = [f"{layout.relative(path)}: {line}" for path, item in files.items() if (line := _missing(item))]
    if wrong:
        raise Findings(sorted(wrong), _HINT)
    kubernetes = environments.read(layout, name).kubernetes
    return _Environment(name, layout.tree(name), kubernetes, files, definitions.definitions(name, manifests))


def _missing(item: Any) -> str:
    if not isinstance(item, dict):
        return "not an object of Kubernetes: it is no mapping"
    types = {"apiVersion": str, "kind": str, "metadata": dict}
    wrong = [key for key, expected in types.items() if not isinstance(item.get(key), expected)]
    return f"not an object of Kubernetes: {', '.join(wrong)} is missing or of a wrong type" if wrong else ""


def _fits(environment: _Environment) -> dict[Path, program.Verdict]:
    """kubeconform's verdict on every file; objects of other than Kubernetes's own kinds are skipped."""
    builtin = schemas(environment.kubernetes.version)
    used = {_kind(item) for item in environment.files.values()} & builtin.names.keys()
    with tempfile.TemporaryDirectory(prefix="penstock-schemas-") as folder:
        builtin.write(used, Path(folder))
        verdicts = program.validate(environment.tree, Path(folder) / FILES)
    return {Path(verdict.filename): verdict for verdict in verdicts}


def _faults(
    environment: _Environment, verdicts: list[Verdict], fits: dict[Path, program.Verdict]
) -> Iterator[tuple[Path, str]]:
    """A line for each fault, with its file."""
    version = environment.kubernetes.version
    builtin = schemas(version)
    served = builtin.served(environment.kubernetes.api_versions)
    served = served.union(*map(definitions.kinds, environment.definitions))
    for (path, item), verdict in zip(environment.files.items(), verdicts, strict=True):
        if verdict.unknown and _kind(item) not in served:
            lines = [faults.unserved(_kind(item), version, builtin, served)]
        else:
            lines = faults.lines(verdict.old or verdict.new, fits.get(path), version)
        for line in lines:
            yield path, f"{item['kind']} {item['metadata'].get('name')}: {line}"


def _kind(item: Object) -> Kind:
    return Kind.of(item["apiVersion"], item["kind"])

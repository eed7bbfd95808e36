"""Every manifest against the API server's own validation and the schemas of the environment's Kubernetes version.

Offline. `apicheck` runs the API server's code over each object, as Flux would apply it. It is built from one version of
Kubernetes, so kubeconform looks for fields that the environment's version doesn't have. Custom resources are judged by
their CustomResourceDefinitions.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import Layout, find_platform
from penstock.gates.kubeconform import definitions, faults
from penstock.gates.kubeconform.kubernetes import FILES, Kind, Schemas, schemas
from penstock.gitops.manifests import Manifests
from penstock.hydrate import environments
from penstock.hydrate.environments import Kubernetes
from penstock.tools import apicheck
from penstock.tools import kubeconform as program
from penstock.tools.kubeconform import Verdict

Object = dict[str, Any]
# Metadata of an object that was exported from a cluster.
_EXPORTED = {"deletionGracePeriodSeconds", "deletionTimestamp", "resourceVersion"}


def kubeconform() -> None:
    """Findings for every manifest that the API server would refuse; all environments."""
    layout = find_platform()
    checked = {}
    findings = []
    for name in environments.names(layout):
        kubernetes = environments.read(layout, name).kubernetes
        manifests = Manifests(layout.tree(name))
        objects = _objects(layout, manifests)
        findings += [f"{layout.relative(path)}: {line}" for path, line in _check(name, manifests, objects, kubernetes)]
        checked[name] = f"{name}: {len(objects)} manifests fit Kubernetes {kubernetes.version}"
    if findings:
        raise Findings(sorted(findings), "fix the component's values or chart, then `inv hydrate`")
    for line in checked.values():
        console.good(line)


def _objects(layout: Layout, manifests: Manifests) -> dict[Path, Object]:
    """Every object by its file; Findings for files that hold none."""
    files = {path: item for name in manifests.components for path, item in manifests.files(name).items()}
    files |= manifests.synced()
    wrong = [
        f"{layout.relative(path)}: not an object of Kubernetes: {missing}"
        for path, item in files.items()
        if (missing := _missing(item))
    ]
    if wrong:
        raise Findings(sorted(wrong), "fix the component's values or chart, then `inv hydrate`")
    return files


def _missing(item: Any) -> str:
    if not isinstance(item, dict):
        return "it is no mapping"
    types = {"apiVersion": str, "kind": str, "metadata": dict}
    wrong = [key for key, expected in types.items() if not isinstance(item.get(key), expected)]
    return f"{', '.join(wrong)} is missing or of a wrong type" if wrong else ""


def _check(
    environment: str, manifests: Manifests, files: dict[Path, Object], kubernetes: Kubernetes
) -> list[tuple[Path, str]]:
    """A line for each fault, with its file."""
    defined = definitions.definitions(environment, manifests)
    builtin = schemas(kubernetes.version)
    served = builtin.served(kubernetes.api_versions)
    known = served.union(*map(definitions.kinds, defined))
    changes = [apicheck.Change(item if _is_exported(item) else None, item) for item in files.values()]
    verdicts = apicheck.check(changes, version=kubernetes.version, crds=defined, dual_stack=True)
    kinds = {path: Kind.of(item["apiVersion"], item["kind"]) for path, item in files.items()}
    fits = _fits(manifests.tree, builtin, served.intersection(kinds.values()))
    found = []
    for (path, item), verdict in zip(files.items(), verdicts, strict=True):
        if verdict.unknown and kinds[path] not in known:
            lines = [faults.unserved(kinds[path], kubernetes.version, builtin, known)]
        else:
            lines = faults.lines(verdict.old or verdict.new, fits.get(path), kubernetes.version)
        found += [(path, f"{item['kind']} {item['metadata'].get('name')}: {line}") for line in lines]
    return found


def _is_exported(item: Object) -> bool:
    """Whether an object has what the API server refuses only when Flux applies the object again."""
    return not _EXPORTED.isdisjoint(item["metadata"])


def _fits(tree: Path, builtin: Schemas, used: set[Kind]) -> dict[Path, Verdict]:
    """kubeconform's verdict on every file; objects of other than Kubernetes's own kinds are skipped."""
    with tempfile.TemporaryDirectory(prefix="penstock-schemas-") as folder:
        builtin.write(used, Path(folder))
        verdicts = program.validate(tree, Path(folder) / FILES)
    return {Path(verdict.filename): verdict for verdict in verdicts}

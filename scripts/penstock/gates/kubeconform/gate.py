"""The gate: validates every manifest with the API server's code and the schemas of the environment's version.

It works offline. `apicheck` runs the API server's code over each object, as Flux would apply it. It is built from one
version of Kubernetes, so kubeconform finds the fields that the environment's version doesn't have. Custom resources
are validated with their CustomResourceDefinitions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.kubeconform import crds, faults, judge
from penstock.gates.kubeconform.kubernetes import FILES, Kind, schemas
from penstock.gates.registry import gate
from penstock.kube.objects import Object
from penstock.platform import environments
from penstock.platform.environments import Kubernetes
from penstock.platform.layout import Layout
from penstock.platform.manifests import Manifests, Parsed
from penstock.tools import kubeconform as program
from penstock.tools.apicheck import Verdict

_HINT = "fix the component's values or chart, then `inv hydrate`"


@dataclass(frozen=True)
class _Environment:
    name: str
    tree: Path
    kubernetes: Kubernetes
    objects: list[Object]
    crds: list[Object]

    @property
    def request(self) -> judge.Request:
        return judge.Request(self.kubernetes.version, self.crds, self.objects)


_REFUSED = Rule(
    "kubeconform/refused",
    "A manifest that the API server would refuse: a wrong type, name, label, size, key, selector or default.",
    "Flux applies nothing of a component when one of its objects is refused.",
    "Fix the component's values or chart, then `inv hydrate`.",
)
_UNSERVED = Rule(
    "kubeconform/unserved",
    "An object whose API neither the environment's Kubernetes nor a CustomResourceDefinition serves.",
    "Flux can't apply it until the kind is served.",
    "Use the version that the finding names, or add the component that defines the kind.",
)
_NO_OBJECT = Rule(
    "kubeconform/no-object",
    "A file that contains no Kubernetes object.",
    "Flux can't apply the component.",
    "Fix the component's values or chart, then `inv hydrate`.",
)


@gate("kubeconform", rules=[_REFUSED, _UNSERVED, _NO_OBJECT], needs=["apicheck", "kubeconform"])
def kubeconform(platform: Layout) -> Iterator[Finding | Proven]:
    """The API server of the environment's Kubernetes version would accept every object; proven offline."""
    parsed: Parsed = {}
    manifests = {name: Manifests(platform.tree(name), parsed) for name in environments.chosen(platform)}
    objects = {name: [*each.all_objects(), *each.synced()] for name, each in manifests.items()}
    wrong = [(name, item.file, line) for name in objects for item in objects[name] if (line := _missing(item.content))]
    if wrong:
        for name, file, line in wrong:
            yield Finding(_NO_OBJECT.id, line, _HINT, file, environments=(name,))
        return
    every = [
        _Environment(
            name,
            platform.tree(name),
            environments.read(platform, name).kubernetes,
            objects[name],
            crds.collect(name, manifests[name]),
        )
        for name in objects
    ]
    verdicts = judge.verdicts([environment.request for environment in every])
    with ThreadPoolExecutor() as pool:
        fits = list(pool.map(_fits, every))
    for environment, judged, fit in zip(every, verdicts, fits, strict=True):
        faulty = False
        for rule, file, line in sorted(_faults(environment, judged, fit), key=lambda fault: (fault[1], fault[2])):
            faulty = True
            yield Finding(rule.id, line, _HINT, file, environments=(environment.name,))
        if not faulty:
            yield Proven(
                f"{len(environment.objects)} manifests fit Kubernetes {environment.kubernetes.version}",
                environment.name,
            )


def _missing(item: Any) -> str:
    if not isinstance(item, dict):
        return "not a Kubernetes object: it is no mapping"
    types = {"apiVersion": str, "kind": str, "metadata": dict}
    wrong = [key for key, expected in types.items() if not isinstance(item.get(key), expected)]
    return f"not a Kubernetes object: {', '.join(wrong)} is missing or has the wrong type" if wrong else ""


def _fits(environment: _Environment) -> dict[str, program.Verdict]:
    """File -> kubeconform's verdict; objects of custom kinds are skipped."""
    builtin = schemas(environment.kubernetes.version)
    used = {_kind(item) for item in environment.objects} & builtin.names.keys()
    with tempfile.TemporaryDirectory(prefix="penstock-schemas-") as folder:
        builtin.write(used, Path(folder))
        verdicts = program.validate(environment.tree, Path(folder) / FILES)
    # kubeconform reports absolute paths.
    return {"/".join(["manifests", *Path(verdict.filename).parts[-3:]]): verdict for verdict in verdicts}


def _faults(
    environment: _Environment, verdicts: list[Verdict], fits: dict[str, program.Verdict]
) -> Iterator[tuple[Rule, str, str]]:
    """A line for each fault, with its rule and file."""
    version = environment.kubernetes.version
    builtin = schemas(version)
    served = builtin.served(environment.kubernetes.api_versions)
    served = served.union(*map(crds.kinds, environment.crds))
    for item, verdict in zip(environment.objects, verdicts, strict=True):
        if verdict.unknown and _kind(item) not in served:
            rule, lines = _UNSERVED, [faults.unserved(_kind(item), version, builtin, served)]
        else:
            rule, lines = _REFUSED, faults.lines(verdict.old or verdict.new, fits.get(item.file), version)
        for line in lines:
            yield rule, item.file, f"{item.content['kind']} {item.content['metadata'].get('name')}: {line}"


def _kind(item: Object) -> Kind:
    return Kind.of(item.content["apiVersion"], item.content["kind"])

"""Every manifest against its schema, offline: Kubernetes' at the environment's version, and the definitions of CRDs.

A kind without a schema is an error. Kubernetes' schemas come with the kubernetes-validate package; those of custom
resources from Flux' modules, from the CustomResourceDefinitions among the manifests themselves, and from the modules of
the operators that make their own.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import kubernetes_validate
import msgspec

from penstock.cluster import operators
from penstock.cluster.operators import DEFINES
from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import find_platform
from penstock.core.yaml import parse_all
from penstock.gitops import mirror
from penstock.gitops.manifests import Manifests
from penstock.hydrate import environments
from penstock.tools import flux, kubeconform

_FILE = "{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
# What such a part of a schema names is only what it is about: every property is declared beside it as well.
_JUNCTORS = ("allOf", "anyOf", "oneOf", "not")
_REFERENCE = re.compile(rb'"#/\$defs/([^"]+)"')


def schema() -> None:
    """Findings for every manifest that its schema refuses; all environments."""
    layout = find_platform()
    for name in environments.names(layout):
        version = environments.read(layout, name).kubernetes.version
        manifests = Manifests(layout.tree(name))
        objects = manifests.all_objects()
        brought = {item["metadata"]["name"]: mirrored(manifests, item) for item in objects if is_nested(item)}
        _refuse_other_kinds(name, objects, brought)
        with tempfile.TemporaryDirectory(prefix="penstock-schemas-") as folder:
            _write_kubernetes_schemas(version, [*objects, *manifests.synced().values()], Path(folder))
            theirs = [item for items in brought.values() for item in items]
            _write_crd_schemas([*objects, *theirs, *operators.definitions(objects)], Path(folder))
            verdicts = kubeconform.validate(layout.tree(name), Path(folder) / _FILE)
        findings = [f"{layout.relative(Path(item.filename))}: {item.said}" for item in verdicts if item.is_bad]
        if findings:
            raise Findings(sorted(findings), "mend the component's values or chart, then `inv hydrate`")
        console.good(f"{name}: {len(verdicts)} manifests fit Kubernetes {version}")


def kubernetes_schemas(version: str) -> Path:
    """The folder with the strict schemas of a Kubernetes version; PenstockError when there are none."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    minor = ".".join(version.lstrip("v").split(".")[:2])
    found = folder / f"v{minor}.0-local-strict"
    if not found.is_dir():
        there = sorted(path.name.split("-")[0] for path in folder.glob("v*-local-strict"))
        raise PenstockError(f"there are no schemas for Kubernetes {version}", f"there are {', '.join(there)}")
    return found


def is_nested(item: dict[str, Any]) -> bool:
    """Whether an object is a Kustomization of Flux that a component has for a source of its own."""
    return bool(item["kind"] == "Kustomization" and item["apiVersion"].startswith("kustomize.toolkit.fluxcd.io/"))


def mirrored(manifests: Manifests, item: dict[str, Any]) -> list[dict[str, Any]]:
    """What such a Kustomization applies, out of the Go module that stands in for its source."""
    return [found for path in mirror.applied(manifests, item) for found in parse_all(path.read_bytes(), path)]


def _refuse_other_kinds(environment: str, objects: list[dict[str, Any]], brought: dict[str, list[Any]]) -> None:
    """The order of the components rests on what the annotation says, so it has to be what the source holds."""
    for item in filter(is_nested, objects):
        name = item["metadata"]["name"]
        said = set(item["metadata"].get("annotations", {}).get(DEFINES, "").strip().splitlines())
        real = {
            f"{found['spec']['group']}/{found['spec']['names']['kind']} {found['spec']['scope']}"
            for found in brought[name]
            if found["kind"] == "CustomResourceDefinition"
        }
        if said != real:
            raise Findings(
                [f"{environment}: Kustomization {name}: {DEFINES} lacks `{line}`" for line in sorted(real - said)]
                + [
                    f"{environment}: Kustomization {name}: {DEFINES} has `{line}`, which its source does not define"
                    for line in sorted(said - real)
                ],
                "mend the annotation in components/, then `inv hydrate`",
            )


def _write_kubernetes_schemas(version: str, objects: list[dict[str, Any]], folder: Path) -> None:
    """One closed file for each kind in use: kubeconform doesn't follow a reference into a second file."""
    source = kubernetes_schemas(version)
    shared = msgspec.json.decode((source / "_definitions.json").read_bytes(), type=dict[str, msgspec.Raw])["$defs"]
    definitions = msgspec.json.decode(_local(bytes(shared)), type=dict[str, msgspec.Raw])
    for api_version, kind in sorted({(item["apiVersion"], item["kind"]) for item in objects}):
        group, _, number = api_version.rpartition("/")
        path = source / "-".join(filter(None, [kind.lower(), group.split(".")[0], f"{number}.json"]))
        if path.is_file():  # otherwise a custom resource, or a kind that kubeconform will refuse
            text = _local(path.read_bytes())
            needed: dict[str, msgspec.Raw] = {}
            _collect(text, definitions, needed)
            schema = msgspec.json.decode(text) | {"$defs": needed}
            schema.pop("$id", None)
            # kubeconform takes the version for the group where there is none.
            (folder / f"{group or number}_{kind.lower()}_{number}.json").write_bytes(msgspec.json.encode(schema))


def _local(text: bytes) -> bytes:
    return text.replace(b'"/api/_definitions.json#/', b'"#/')


def _collect(text: bytes, definitions: dict[str, msgspec.Raw], needed: dict[str, msgspec.Raw]) -> None:
    for name in _REFERENCE.findall(text):
        key = name.decode()
        if key not in needed:
            needed[key] = definitions[key]
            _collect(bytes(definitions[key]), definitions, needed)


def _write_crd_schemas(objects: list[dict[str, Any]], folder: Path) -> None:
    own = [item for item in objects if item["kind"] == "CustomResourceDefinition"]
    theirs = [item for path in flux.crds() for item in parse_all(path.read_bytes(), path)]
    for item in [*theirs, *own]:
        for version in item["spec"]["versions"]:
            group, kind = item["spec"]["group"], item["spec"]["names"]["kind"].lower()
            closed = _closed(version["schema"]["openAPIV3Schema"])
            (folder / f"{group}_{kind}_{version['name']}.json").write_bytes(msgspec.json.encode(closed))


def _closed(node: Any) -> Any:
    """A CRD's schema as the API server applies it with strict field validation: unknown keys are refused."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: value if key in _JUNCTORS else _closed(value) for key, value in node.items()}
    if (
        "properties" in node
        and "additionalProperties" not in node
        and not node.get("x-kubernetes-preserve-unknown-fields")
    ):
        closed["additionalProperties"] = False
    if node.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
    return closed

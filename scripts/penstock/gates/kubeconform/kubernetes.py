"""Kubernetes' own kinds at a version, and their strict schemas (from the kubernetes-validate package)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import kubernetes_validate
import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import decode

# The template of kubeconform's file names; it takes the version for the group where there is none.
FILES = "{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
_REFERENCE = re.compile(rb'"#/\$defs/([^"]+)"')
_STABLE = re.compile(r"v\d+")
# The package has `oneOf` with null in both branches, so null fits neither; the API server takes it.
_NUMBER_OR_TEXT = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": b'{"type":["string","number","null"]}',
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": b'{"type":["string","integer","null"]}',
}
# What has a schema and cannot be applied: answers, subresources, reviews and what the API server alone writes.
_NEVER_APPLIED = {
    "APIGroup",
    "APIVersions",
    "Binding",
    "ComponentStatus",
    "Eviction",
    "LocalSubjectAccessReview",
    "Scale",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "Status",
    "SubjectAccessReview",
    "TokenRequest",
    "TokenReview",
}


class Kind(msgspec.Struct, frozen=True, order=True):
    """A kind in one version of its API group, as objects name it."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, api_version: str, kind: str) -> Kind:
        """The kind of an object by its two keys."""
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @property
    def api_version(self) -> str:
        """As objects write it, such as apps/v1."""
        return f"{self.group}/{self.version}".removeprefix("/")

    def __str__(self) -> str:
        """As messages name it, such as apps/v1 Deployment."""
        return f"{self.api_version} {self.kind}"


class _Definition(msgspec.Struct, frozen=True, rename={"kinds": "x-kubernetes-group-version-kind"}):
    kinds: list[Kind] = []


@dataclass(frozen=True)
class Schemas:
    """The schemas of one minor version: every kind that can be applied, with the name of its definition."""

    names: dict[Kind, str]
    _definitions: dict[str, msgspec.Raw]

    def served(self, extra: Iterable[str] = ()) -> set[Kind]:
        """The kinds that a bare API server serves: stable versions, and the apiVersions that were enabled besides."""
        enabled = set(extra)
        return {kind for kind in self.names if _STABLE.fullmatch(kind.version) or kind.api_version in enabled}

    def write(self, kinds: Iterable[Kind], folder: Path) -> None:
        """One self-contained file for each kind: kubeconform doesn't follow a reference into a second file."""
        for kind in kinds:
            needed: dict[str, msgspec.Raw] = {}
            self._collect(self.names[kind], needed)
            schema = {"$ref": f"#/$defs/{self.names[kind]}", "$defs": needed}
            name = f"{kind.group or kind.version}_{kind.kind.lower()}_{kind.version}.json"
            (folder / name).write_bytes(msgspec.json.encode(schema))

    def _collect(self, name: str, needed: dict[str, msgspec.Raw]) -> None:
        needed[name] = self._definitions[name]
        for found in _REFERENCE.findall(bytes(needed[name])):
            if found.decode() not in needed:
                self._collect(found.decode(), needed)


def minor(version: str) -> str:
    """A version without its patch: 1.35 of 1.35.5."""
    return ".".join(version.lstrip("v").split(".")[:2])


@cache
def schemas(version: str) -> Schemas:
    """The strict schemas of a Kubernetes version; PenstockError when the package has none of its minor version."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    source = folder / f"v{minor(version)}.0-local-strict"
    if not source.is_dir():
        known = sorted((path.name.split("-")[0] for path in folder.glob("v*-local-strict")), key=_by_number)
        raise PenstockError(f"there are no schemas for Kubernetes {version}", f"there are {', '.join(known)}")
    return _read(source / "_definitions.json")


@cache
def _read(path: Path) -> Schemas:
    text = path.read_bytes().replace(b'"/api/_definitions.json#/', b'"#/')
    definitions = decode(text, dict[str, msgspec.Raw])["$defs"]
    each = decode(definitions, dict[str, _Definition])
    raw = decode(definitions, dict[str, msgspec.Raw])
    raw |= {name: msgspec.Raw(text) for name, text in _NUMBER_OR_TEXT.items()}
    return Schemas({found.kinds[0]: name for name, found in each.items() if _is_applied(found.kinds)}, raw)


def _is_applied(kinds: list[Kind]) -> bool:
    # DeleteOptions and WatchEvent are part of every group.
    return len(kinds) == 1 and not kinds[0].kind.endswith("List") and kinds[0].kind not in _NEVER_APPLIED


def _by_number(version: str) -> list[int]:
    return [int(part) for part in version.lstrip("v").split(".")]

"""Kubernetes' built-in kinds at a version, and their strict schemas from the kubernetes-validate package."""

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

# The template of kubeconform's file names; for the core group it uses the version as the group.
FILES = "{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
_REFERENCE = re.compile(rb'"#/\$defs/([^"]+)"')
_STABLE = re.compile(r"v\d+")
# The package has `oneOf` with null in both branches, which refuses null; the API server accepts it.
_NUMBER_OR_TEXT = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": b'{"type":["string","number","null"]}',
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": b'{"type":["string","integer","null"]}',
}
# Kinds with a schema that can't be applied: responses, subresources, reviews and objects of the API server itself.
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
    """A kind in one version of its API group."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, api_version: str, kind: str) -> Kind:
        """The kind of an object with these values of `apiVersion` and `kind`."""
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @property
    def api_version(self) -> str:
        """The value of `apiVersion`, such as apps/v1."""
        return f"{self.group}/{self.version}".removeprefix("/")

    def __str__(self) -> str:
        """The kind in messages, such as apps/v1 Deployment."""
        return f"{self.api_version} {self.kind}"


class _Definition(msgspec.Struct, frozen=True, rename={"kinds": "x-kubernetes-group-version-kind"}):
    kinds: list[Kind] = []


@dataclass(frozen=True)
class Schemas:
    """The schemas of one minor version: every kind that can be applied, with the name of its definition."""

    names: dict[Kind, str]
    _definitions: dict[str, msgspec.Raw]

    def served(self, extra: Iterable[str] = ()) -> set[Kind]:
        """The kinds that an API server serves by default, the stable versions, and those of the `extra` apiVersions."""
        enabled = set(extra)
        return {kind for kind in self.names if _STABLE.fullmatch(kind.version) or kind.api_version in enabled}

    def write(self, kinds: Iterable[Kind], folder: Path) -> None:
        """Write a self-contained file for each kind: kubeconform doesn't follow references into other files."""
        for kind in kinds:
            needed: dict[str, msgspec.Raw] = {}
            self._collect(self.names[kind], needed)
            schema = {"$ref": f"#/$defs/{self.names[kind]}", "$defs": needed}
            name = f"{kind.group or kind.version}_{kind.kind.lower()}_{kind.version}.json"
            (folder / name).write_bytes(msgspec.json.encode(schema))

    def _collect(self, name: str, needed: dict[str, msgspec.Raw]) -> None:
        needed[name] = self._definitions[name]
        for reference in _REFERENCE.findall(bytes(needed[name])):
            if reference.decode() not in needed:
                self._collect(reference.decode(), needed)


def minor(version: str) -> str:
    """A version without its patch number: 1.35 for 1.35.5."""
    return ".".join(version.lstrip("v").split(".")[:2])


@cache
def schemas(version: str) -> Schemas:
    """The strict schemas of a Kubernetes version; raises PenstockError if the package lacks its minor version."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    source = folder / f"v{minor(version)}.0-local-strict"
    if not source.is_dir():
        known = sorted((path.name.split("-")[0] for path in folder.glob("v*-local-strict")), key=_by_number)
        raise PenstockError(f"there are no schemas for Kubernetes {version}", f"use one of {', '.join(known)}")
    return _read(source / "_definitions.json")


@cache
def _read(path: Path) -> Schemas:
    text = path.read_bytes().replace(b'"/api/_definitions.json#/', b'"#/')
    definitions = decode(text, dict[str, msgspec.Raw])["$defs"]
    each = decode(definitions, dict[str, _Definition])
    raw = decode(definitions, dict[str, msgspec.Raw])
    raw |= {name: msgspec.Raw(text) for name, text in _NUMBER_OR_TEXT.items()}
    return Schemas({one.kinds[0]: name for name, one in each.items() if _is_applied(one.kinds)}, raw)


def _is_applied(kinds: list[Kind]) -> bool:
    # DeleteOptions and WatchEvent belong to every group.
    return len(kinds) == 1 and not kinds[0].kind.endswith("List") and kinds[0].kind not in _NEVER_APPLIED


def _by_number(version: str) -> list[int]:
    return [int(part) for part in version.lstrip("v").split(".")]

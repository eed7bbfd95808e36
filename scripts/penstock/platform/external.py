"""Objects outside the manifests: those that external.yaml declares, and the Secrets that `inv up` creates."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.model import Strict, load
from penstock.core.nearest import ending
from penstock.platform import lineage, secrets
from penstock.platform.layout import Layout

FILE = "external.yaml"


class _Entry(Strict, frozen=True, rename="camel"):
    kind: str
    name: str
    provided_by: str
    namespace: str = ""
    environments: list[str] = []
    keys: list[str] = []
    ports: list[int] = []
    labels: dict[str, str] = {}


class NodePort(Strict, frozen=True, rename="camel"):
    """A port that a node's own process uses, so no pod can."""

    port: int
    provided_by: str
    protocol: str = "TCP"
    environments: list[str] = []


class HostGateway(Strict, frozen=True, rename="camel"):
    """A GatewayClass whose listeners use node ports if the `key` of a ConfigMap (namespace/name) has the `value`.

    `node_selector_key` is the key with the label (`key=value`) of the nodes that listen; without a label, all do.
    """

    gateway_class: str
    config_map: str
    key: str
    value: str
    node_selector_key: str = ""


class _File(Strict, frozen=True, rename="camel"):
    objects: list[_Entry] = []
    node_ports: list[NodePort] = []
    host_gateways: list[HostGateway] = []
    images_by_tag: list[str] | None = None


@dataclass(frozen=True)
class ExternalObject:
    """An object that is created outside the manifests.

    Empty `keys` means unknown. Without a namespace the object is cluster-scoped, or exists in every namespace.
    """

    file: str
    kind: str
    namespace: str
    name: str
    provided_by: str
    environments: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    ports: tuple[int, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Kind, namespace and name, as messages show them."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def is_for(self, named: Collection[str]) -> bool:
        """Whether the object exists in an environment, given its name and those that it extends."""
        return lineage.applies(self.environments, named)


@dataclass(frozen=True)
class Declarations:
    """The contents of external.yaml.

    `images_by_tag` are the repositories whose images may lack a digest; None if any may.
    """

    objects: tuple[ExternalObject, ...]
    node_ports: tuple[NodePort, ...]
    host_gateways: tuple[HostGateway, ...]
    images_by_tag: frozenset[str] | None = None


def declared(layout: Layout, environments: list[str]) -> Declarations:
    """Read external.yaml, which is optional; raises PenstockError for an unknown key or environment, or a duplicate."""
    path = layout.root / FILE
    content = load(path, _File, FILE) if path.is_file() else _File()
    for name in _environments(content):
        if name not in environments:
            raise PenstockError(f"{FILE}: unknown environment `{name}`{ending(name, environments)}", "fix the entry")
    objects = tuple(
        ExternalObject(
            FILE,
            entry.kind,
            entry.namespace,
            entry.name,
            entry.provided_by,
            tuple(entry.environments),
            frozenset(entry.keys),
            tuple(entry.ports),
            tuple(entry.labels.items()),
        )
        for entry in content.objects
    )
    for number, external in enumerate(objects):
        if external in objects[:number]:
            raise PenstockError(f"{FILE}: {external} is declared twice", "delete one of the entries")
    by_tag = None if content.images_by_tag is None else frozenset(content.images_by_tag)
    return Declarations(objects, tuple(content.node_ports), tuple(content.host_gateways), by_tag)


def made_secrets(layout: Layout, components: tuple[str, ...]) -> list[tuple[ExternalObject, dict[str, str]]]:
    """The Secrets that `inv up` creates for these components, each with its literal values."""
    return [
        (
            ExternalObject(
                (Path("components") / component / secrets.FILE).as_posix(),
                "Secret",
                namespace,
                secret.name,
                "inv up",
                keys=frozenset({*secret.literal, *secret.generate}),
            ),
            secret.literal,
        )
        for component in components
        for secret in secrets.declared(layout, [component])
        for namespace in secret.namespaces
    ]


def _environments(content: _File) -> Iterator[str]:
    for entry in content.objects:
        yield from entry.environments
    for port in content.node_ports:
        yield from port.environments

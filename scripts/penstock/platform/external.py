"""What the manifests need and others make: given.yaml says who, the components' secrets.yaml what `inv up` makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.model import Strict, load
from penstock.core.nearest import ending
from penstock.platform import secrets

FILE = "given.yaml"


class _Entry(Strict, frozen=True):
    kind: str
    name: str
    by: str
    namespace: str = ""
    environments: list[str] = []
    keys: list[str] = []
    ports: list[int] = []
    labels: dict[str, str] = {}


class NodePort(Strict, frozen=True, rename="camel"):
    """A port that every node has taken before any pod comes."""

    port: int
    by: str
    protocol: str = "TCP"
    environments: list[str] = []


class HostGateway(Strict, frozen=True, rename="camel"):
    """Listeners of a GatewayClass are on the nodes' ports where a key of a ConfigMap (namespace/name) has a value."""

    gateway_class: str
    config_map: str
    key: str
    value: str


class _File(Strict, frozen=True, rename="camel"):
    objects: list[_Entry] = []
    node_ports: list[NodePort] = []
    host_gateways: list[HostGateway] = []


@dataclass(frozen=True)
class Given:
    """An object that others make. Empty `keys` are unknown; no namespace is every one, or none for its kind."""

    file: str
    kind: str
    namespace: str
    name: str
    by: str
    environments: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    ports: tuple[int, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """As people say it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def is_for(self, environment: str) -> bool:
        """Whether an environment has it."""
        return not self.environments or environment in self.environments


@dataclass(frozen=True)
class Declarations:
    """All that is declared for a platform."""

    objects: tuple[Given, ...]
    node_ports: tuple[NodePort, ...]
    host_gateways: tuple[HostGateway, ...]


def declared(layout: Layout, environments: list[str]) -> Declarations:
    """What given.yaml says; PenstockError for an unknown key or environment. Without the file, nothing is given."""
    path = layout.root / FILE
    found = load(path, _File, FILE) if path.is_file() else _File()
    for name in _environments(found):
        if name not in environments:
            raise PenstockError(f"{FILE}: unknown environment `{name}`{ending(name, environments)}", "fix the entry")
    objects = tuple(
        Given(
            FILE,
            entry.kind,
            entry.namespace,
            entry.name,
            entry.by,
            tuple(entry.environments),
            frozenset(entry.keys),
            tuple(entry.ports),
            tuple(entry.labels.items()),
        )
        for entry in found.objects
    )
    for number, made in enumerate(objects):
        if made in objects[:number]:
            raise PenstockError(f"{FILE}: {made} is declared twice, alike", "drop one of the entries")
    return Declarations(objects, tuple(found.node_ports), tuple(found.host_gateways))


def made_secrets(layout: Layout, components: tuple[str, ...]) -> list[tuple[Given, dict[str, str]]]:
    """The Secrets that `inv up` makes for some components, each with the values that are no secret."""
    return [
        (
            Given(
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


def _environments(found: _File) -> Iterator[str]:
    for entry in found.objects:
        yield from entry.environments
    for port in found.node_ports:
        yield from port.environments

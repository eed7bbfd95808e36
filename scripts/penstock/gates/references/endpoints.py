"""Addresses: those of Services in files, arguments and variables resolve to a port of the Service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.addresses import in_value
from penstock.kube.dns import Broken, Target
from penstock.kube.objects import ConfigMap, Key, Workload
from penstock.platform.files import files


@dataclass(frozen=True)
class _Text:
    """A value that may contain addresses, its place, and the pods that use it. `namespace` completes short names."""

    file: str
    path: str
    value: Any
    namespace: str
    env: dict[str, str]
    users: tuple[Workload, ...] = ()


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each address of the cluster."""
    hosts = {item.name: item for item in world.external if item.kind == "Host"}
    for text in _texts(world):
        for path, address in in_value(text.value, text.path, text.env):
            if address.host in hosts:
                yield Verdict(text.file, path, external=hosts[address.host])
                continue
            found = world.network.resolve(address, text.namespace)
            if isinstance(found, Broken):
                yield Verdict(text.file, path, f"`{address.text}`: {found.message}")
            elif isinstance(found, Target):
                yield Verdict(text.file, path, external=world.external_services.get(found.service.key))
                yield from _resolvers(text, address.text)


def _resolvers(text: _Text, shown: str) -> Iterator[Verdict]:
    """A fault for each pod that uses the node's resolver, the default on the host network: it knows no Service."""
    for user in text.users:
        spec = user.template.spec
        if spec.dns_policy == "Default" or (spec.host_network and spec.dns_policy == "ClusterFirst"):
            needed = "ClusterFirstWithHostNet" if spec.host_network else "ClusterFirst"
            fault = f"{spec.dns_policy} gives the pod the node's resolver, which can't find {shown}; set {needed}"
            yield Verdict(user.file, f"{user.pod_path}.dnsPolicy", fault)


def _texts(world: World) -> Iterator[_Text]:
    rendered = world.rendered
    readers: dict[Key, list[tuple[Workload, dict[str, str]]]] = {}
    for workload in rendered.workloads:
        for place, container in workload.containers():
            env = container.literal_env()
            for key, value in (("command", container.command), ("args", container.args), ("env", env)):
                yield _Text(workload.file, f"{place}.{key}", value, workload.namespace, env, (workload,))
            for file in files(rendered, workload, container).values():
                readers.setdefault(file.config_map.key, []).append((workload, env))
    for config_map in rendered.config_maps.values():
        yield from _files(config_map, readers.get(config_map.key, []))
    for secret, literal in world.literals:
        yield _Text(secret.file, f"{secret} literal", literal, secret.namespace, {})


def _files(config_map: ConfigMap, readers: list[tuple[Workload, dict[str, str]]]) -> Iterator[_Text]:
    env = {name: value for _, known in readers for name, value in known.items()}
    users = tuple({id(workload): workload for workload, _ in readers}.values())
    for key, documents in config_map.documents.items():
        for index, document in enumerate(documents):
            place = f"data[{key}]" if len(documents) == 1 else f"data[{key}] document {index}"
            yield _Text(config_map.file, place, document, config_map.namespace, env, users)

"""Settings: the values of a Ref, read from files, arguments, variables and ConfigMaps of the manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from penstock.core.nearest import ending
from penstock.kube.addresses import Address, filled, in_text
from penstock.kube.containers import Container
from penstock.kube.dns import Broken, Target
from penstock.kube.objects import Workload
from penstock.platform.dataflow import Contract, Node, Ref, Unproven
from penstock.platform.files import file_at
from penstock.platform.rendered import Rendered

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+|\*|[^\]=]+=[^\]]*)\]")


@dataclass(frozen=True)
class Setting:
    """The place of a setting, as findings show it, and its values, with variables expanded."""

    where: str
    values: list[str]


@dataclass(frozen=True)
class Settings:
    """The settings of one environment."""

    contract: Contract
    rendered: Rendered

    def is_outside(self, name: str) -> str:
        """What replaces a node in this environment; empty if the node is part of it."""
        return self.contract.nodes[name].outside.get(self.rendered.environment, "")

    def place(self, name: str) -> tuple[Workload, Container]:
        """The workload and container of a node; PenstockError if the manifests don't have them."""
        node = self.contract.nodes[name]
        namespace, _, workload = node.workload.partition("/")
        found = self.rendered.workload(namespace, workload)
        return found, found.container(node.container)

    def read(self, ref: Ref) -> Setting:
        """The values at a Ref, at least one; PenstockError for the part that is missing."""
        node = self.contract.nodes[ref.node]
        if ref.value:
            return Setting(f"{node.title}: {ref.reason or 'default'}", [ref.value])
        if ref.config_map:
            return self._from_config_map(ref)
        workload, container = self.place(ref.node)
        shown = f"{workload.namespace}/{workload.name}"
        if ref.arg:
            return Setting(f"{shown} {ref.arg}", _arguments(container, ref.arg, shown))
        if ref.env:
            env = container.literal_env()
            if ref.env not in env:
                raise Unproven(f"{shown}: container {container.name} has no variable {ref.env}{ending(ref.env, env)}")
            return Setting(f"{shown} ${ref.env}", [env[ref.env]])
        return self._from_file(ref, node, workload, container)

    def _from_file(self, ref: Ref, node: Node, workload: Workload, container: Container) -> Setting:
        file = file_at(self.rendered, workload, container, ref.file or node.config)
        steps = list(ref.key) if isinstance(ref.key, list) else _steps(ref.key)
        where = f"{workload.namespace}/{workload.name} {file.key}: {'.'.join(steps).replace('.[', '[')}"
        env = container.literal_env()
        found = [value for document in file.documents for value in _walk(document, steps)]
        values = [filled(text, env) for value in found for text in _texts(value)]
        if not values:
            raise Unproven(f"{where}: {_fault(file.documents[0] if file.documents else None, steps)}")
        return Setting(where, values)

    def _from_config_map(self, ref: Ref) -> Setting:
        namespace, _, name = ref.config_map.partition("/")
        found = self.rendered.config_maps.get((namespace, name))
        if found is None:
            raise Unproven(f"there is no ConfigMap {ref.config_map}")
        if ref.data not in found.files.data:
            raise Unproven(f"ConfigMap {ref.config_map} has no key {ref.data}{ending(ref.data, found.keys)}")
        return Setting(f"ConfigMap {ref.config_map} {ref.data}", [found.files.data[ref.data]])


def _arguments(container: Container, flag: str, shown: str) -> list[str]:
    """The values of a flag, written `--flag=value`, `--flag value` or alone."""
    words = [*container.command, *container.args]
    env = container.literal_env()
    found = []
    for index, word in enumerate(words):
        name, separator, value = word.partition("=")
        if name == flag:
            following = words[index + 1] if index + 1 < len(words) else ""
            found.append(value if separator else "" if following.startswith("-") else following)
    if not found:
        flags = [word.partition("=")[0] for word in words if word.startswith("-")]
        raise Unproven(f"{shown}: container {container.name} has no argument {flag}{ending(flag, flags)}")
    return [filled(value, env) for value in found]


def _steps(key: str) -> list[str]:
    return [plain or f"[{picked}]" for plain, picked in _STEP.findall(key)]


def _walk(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
    elif steps[0].startswith("["):
        for item in _picked(value, steps[0][1:-1]):
            yield from _walk(item, steps[1:])
    elif isinstance(value, dict):
        for key in _named(value, steps[0]):
            yield from _walk(value[key], steps[1:])


def _fault(value: Any, steps: list[str]) -> str:
    """The first step that has no match, with the nearest key."""
    for step in steps:
        if step.startswith("["):
            picked = _picked(value, step[1:-1])
            if not picked:
                return f"there is nothing at {step}"
            value = picked[0]
        elif isinstance(value, dict) and (named := _named(value, step)):
            value = value[named[0]]
        else:
            return f"there is no `{step}`{ending(step, map(str, value) if isinstance(value, dict) else ())}"
    return "it is empty"


def _named(value: dict[Any, Any], step: str) -> list[Any]:
    """The keys of a mapping that match a step: the one of that name, or those that match its `*`."""
    return [step] if step in value else [key for key in value if "*" in step and fnmatchcase(str(key), step)]


def _picked(value: Any, pick: str) -> list[Any]:
    if not isinstance(value, list):
        return []
    if pick == "*":
        return value
    if pick.isdigit():
        return value[int(pick) : int(pick) + 1]
    key, _, expected = pick.partition("=")
    return [item for item in value if isinstance(item, dict) and str(item.get(key)) == expected]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif not isinstance(value, dict) and value is not None:
        yield str(value)
    elif isinstance(value, dict):
        yield from map(str, value)  # a mapping's names, such as those of receivers


def leads_to(settings: Settings, value: str, namespace: str) -> Target:
    """The Service and port behind an endpoint, for a pod of a namespace; PenstockError if there is none."""
    network = settings.rendered.network()
    found = list(in_text(value))
    if not found:
        raise Unproven(f"{value} is no address")
    target = network.resolve(Address(found[0].text, found[0].host, found[0].port, certain=True), namespace)
    if target is None:
        raise Unproven(f"{value} is no name of this cluster")
    if isinstance(target, Broken):
        raise Unproven(f"{value}: {target.message}")
    if target.port is None:
        raise Unproven(f"{value} has no port")
    return target

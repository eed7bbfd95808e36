"""The settings that Refs point to, read from files, arguments, variables and ConfigMaps of the manifests."""

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
    """The values of a setting, with variables expanded, and its place as messages show it."""

    where: str
    values: list[str]


@dataclass(frozen=True)
class Settings:
    """The settings of one environment."""

    contract: Contract
    rendered: Rendered

    def replacement(self, name: str) -> str:
        """The external replacement of a node in this environment; empty if the environment contains the node."""
        outside = self.contract.nodes[name].outside
        return next((outside[one] for one in self.rendered.named if one in outside), "")

    def place(self, name: str) -> tuple[Workload, Container]:
        """The workload and container of a node; raises PenstockError if the manifests lack them."""
        node = self.contract.nodes[name]
        namespace, _, workload = node.workload.partition("/")
        owner = self.rendered.workload(namespace, workload)
        return owner, owner.container(node.container)

    def read(self, ref: Ref) -> Setting:
        """The values at a Ref, at least one; raises PenstockError if a part of the Ref is missing."""
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
        matches = [value for document in file.documents for value in _walk(document, steps)]
        values = [filled(text, env) for value in matches for text in _texts(value)]
        if not values:
            raise Unproven(f"{where}: {_fault(file.documents[0] if file.documents else None, steps)}")
        return Setting(where, values)

    def _from_config_map(self, ref: Ref) -> Setting:
        namespace, _, name = ref.config_map.partition("/")
        config_map = self.rendered.config_maps.get((namespace, name))
        if config_map is None:
            raise Unproven(f"there is no ConfigMap {ref.config_map}")
        if ref.data not in config_map.files.data:
            raise Unproven(f"ConfigMap {ref.config_map} has no key {ref.data}{ending(ref.data, config_map.keys)}")
        return Setting(f"ConfigMap {ref.config_map} {ref.data}", [config_map.files.data[ref.data]])


def _arguments(container: Container, flag: str, shown: str) -> list[str]:
    """The values of a flag, written as `--flag=value` or `--flag value`; empty for `--flag` alone."""
    argv = [*container.command, *container.args]
    env = container.literal_env()
    values = []
    for index, argument in enumerate(argv):
        name, separator, value = argument.partition("=")
        if name == flag:
            following = argv[index + 1] if index + 1 < len(argv) else ""
            values.append(value if separator else "" if following.startswith("-") else following)
    if not values:
        flags = [argument.partition("=")[0] for argument in argv if argument.startswith("-")]
        raise Unproven(f"{shown}: container {container.name} has no argument {flag}{ending(flag, flags)}")
    return [filled(value, env) for value in values]


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
    """The message for the first step without a match, with the nearest key."""
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
    """The keys of a mapping that match a step: the key of that name, or those that match its `*`."""
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
        yield from map(str, value)  # the keys, such as the names of receivers


def resolve(settings: Settings, value: str, namespace: str) -> Target:
    """The Service and port that an endpoint resolves to in a pod of `namespace`; raises Unproven if there is none."""
    network = settings.rendered.network()
    addresses = list(in_text(value))
    if not addresses:
        raise Unproven(f"{value} is no address")
    first = addresses[0]
    target = network.resolve(Address(first.text, first.host, first.port, certain=True), namespace)
    if target is None:
        raise Unproven(f"{value} is no name of this cluster")
    if isinstance(target, Broken):
        raise Unproven(f"{value}: {target.message}")
    if target.port is None:
        raise Unproven(f"{value} has no port")
    return target

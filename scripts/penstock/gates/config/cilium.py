"""Cilium and Hubble relay: every key and argument is a flag of its program, with a value of the flag's type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.nearest import ending
from penstock.core.yaml import parse
from penstock.gates.config import listed
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.subject import Subject, named, subjects
from penstock.kube.objects import ConfigMap
from penstock.platform.layout import Layout
from penstock.tools import cilium

OPERATOR = "operator-"
_DEFAULT_SOURCE = "config-map:kube-system/cilium-config"
_INTEGER = re.compile(r"-?\d+|0x[0-9a-fA-F]+")
_SHAPES = {
    "": re.compile(r"true|false"),
    "duration": re.compile(r"-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+|0"),
    **dict.fromkeys(("float", "float32", "float64"), re.compile(r"-?\d+(\.\d+)?")),
    **dict.fromkeys(("int", "uint", "uint8", "uint16", "uint32", "uint64"), _INTEGER),
    "stringToString": re.compile(r"|\{.*\}|[^=,]+=[^,]*(,[^=,]+=[^,]*)*"),
}
_TYPE_NAMES = {"": "boolean", "stringToString": "k=v,k=v"}


def agent(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of the ConfigMap that the agent and the operator share, and one of the agent's arguments."""
    if not subject.flag("config-dir"):
        return  # another tool in the same image
    config_map = _config_map(subject)
    operators = sorted({item.image for item in subjects(subject.rendered) if item.image.startswith(OPERATOR)})
    readers = ", ".join(["cilium-agent --help", *(f"the reference of {name}" for name in operators)])
    if operators:
        cilium.references()  # before the checks run in parallel
    data = config_map.files.data
    yield Check(
        subject.rendered.environment,
        str(config_map),
        subject.deployed,
        f"{readers}, {cilium.version()}",
        (*operators, *(f"{key}={value}" for key, value in sorted(data.items()))),
        lambda: _keys(data, operators, subject.version),
    )
    yield _arguments(subject, "cilium-agent --help", cilium.agent_flags)


def operator(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of the operator's arguments; its ConfigMap is checked with the agent."""
    cilium.references()
    yield _arguments(subject, f"the reference of {subject.image}", lambda: cilium.operator_flags(subject.image))


def relay(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of the relay's configuration file."""
    config = subject.config_file("config", default="/etc/hubble-relay/config.yaml")
    yield Check(
        subject.rendered.environment,
        named(config),
        subject.deployed,
        f"hubble-relay serve --help, {cilium.version()}",
        (config.text,),
        lambda: _relay(config.text, config.key, subject.version),
    )


def _config_map(subject: Subject) -> ConfigMap:
    """The ConfigMap that is mounted at the agent's --config-dir, or that `cilium-dbg build-config` writes there."""
    folder = subject.flag("config-dir").rstrip("/") + "/"
    mounted = [file.config_map for path, file in subject.files.items() if path.startswith(folder)]
    if mounted:
        return mounted[0]
    for _, container in subject.workload.containers():
        other = Subject(subject.rendered, subject.workload, container)
        if "build-config" in other.argv:
            namespace, _, name = other.flag("source", default=_DEFAULT_SOURCE).partition(":")[2].partition("/")
            config_map = subject.rendered.config_maps.get((namespace, name))
            if config_map:
                return config_map
            raise PenstockError(f"{other.where}: there is no ConfigMap {namespace}/{name}", "name one with --source")
    raise PenstockError(f"{subject.where}: {folder} is empty", "mount a ConfigMap there, or run build-config")


def _keys(data: Mapping[str, str], operators: list[str], deployed: str) -> Outcome:
    programs = [cilium.agent_flags(), *(cilium.operator_flags(name) for name in operators)]
    hidden = listed.read("cilium")["properties"]
    known = {key for flags in programs for key in flags} | set(hidden)
    faults = [
        fault
        for key, value in data.items()
        for fault in _faults(key, value, [flags[key] for flags in programs if key in flags] or None, known)
        if key not in hidden or not _SHAPES[""].fullmatch(value)
    ]
    shown = f"keys: {len(data)}, {sum(key in programs[0] for key in data)} of them the agent's"
    return Outcome(shown, (*_versions(deployed), *faults))


def _faults(key: str, value: str, types: list[str] | None, known: set[str]) -> Iterator[str]:
    if key not in known:
        yield f"{key}: no program of Cilium {cilium.version()} reads it{ending(key, known)}"
    for name in dict.fromkeys(types if types is not None else [""]):
        shape = _SHAPES.get(name)
        if key in known and shape and not shape.fullmatch(value):
            yield f"{key}: `{value}` is not of the type {_TYPE_NAMES.get(name, name)}"


def _relay(text: str, name: str, deployed: str) -> Outcome:
    values: Any = parse(text, name)
    if not isinstance(values, dict):
        return Outcome("", ("the file has no keys",))
    flags = cilium.relay_flags()
    faults = [
        fault
        for key, value in values.items()
        for fault in _faults(key, _text(value), [flags[key]] if key in flags else None, set(flags))
    ]
    return Outcome(f"keys: {len(values)}", (*_versions(deployed), *faults))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _arguments(subject: Subject, checker: str, flags: Any) -> Check:
    def known() -> Outcome:
        available = flags()
        wrong = [name for name, _ in subject.flags() if name not in available]
        return Outcome("known", tuple(f"--{name}: unknown flag{ending(name, available)}" for name in wrong))

    return Check(
        subject.rendered.environment,
        f"{subject.where}, arguments",
        subject.deployed,
        f"{checker}, {cilium.version()}",
        tuple(subject.argv),
        known,
    )


def _versions(deployed: str) -> Iterator[str]:
    """A fault if the pinned Cilium has another minor version, since flags change with each."""
    if deployed.split(".")[:2] != cilium.version().split(".")[:2]:
        yield f"the image is {deployed}, tools/cilium/go.mod has {cilium.version()}; pin the same minor version"

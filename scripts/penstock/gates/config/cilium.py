"""Cilium: every key of cilium-config and every argument is a flag of a program that reads it; Hubble relay likewise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.nearest import ending
from penstock.core.yaml import parse
from penstock.gates.config import keylist
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.subject import Subject, named, subjects
from penstock.kube.objects import ConfigMap
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
_SAID = {"": "boolean", "stringToString": "k=v,k=v"}


def agent(subject: Subject, _: Layout) -> Iterator[Check]:
    """The ConfigMap that the agent and the operator share, and the agent's arguments."""
    if not subject.flag("config-dir"):
        return  # one of the tools that the image brings too
    config_map = _config_map(subject)
    operators = sorted({item.image for item in subjects(subject.rendered) if item.image.startswith(OPERATOR)})
    readers = ", ".join(["cilium-agent --help", *(f"the reference of {name}" for name in operators)])
    if operators:
        cilium.references()  # fetched before the checks run side by side
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
    """The operator's arguments; its ConfigMap is checked with the agent's."""
    cilium.references()
    yield _arguments(subject, f"the reference of {subject.image}", lambda: cilium.operator_flags(subject.image))


def relay(subject: Subject, _: Layout) -> Iterator[Check]:
    """The relay's one file."""
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
    """What the agent's --config-dir holds: a ConfigMap, or what `cilium-dbg build-config` writes there from one."""
    folder = subject.flag("config-dir").rstrip("/") + "/"
    mounted = [file.config_map for path, file in subject.files.items() if path.startswith(folder)]
    if mounted:
        return mounted[0]
    for _, container in subject.workload.containers():
        other = Subject(subject.rendered, subject.workload, container)
        if "build-config" in other.words:
            namespace, _, name = other.flag("source", default=_DEFAULT_SOURCE).partition(":")[2].partition("/")
            found = subject.rendered.config_maps.get((namespace, name))
            if found:
                return found
            raise PenstockError(f"{other.where}: there is no ConfigMap {namespace}/{name}", "name one with --source")
    raise PenstockError(f"{subject.where}: nothing fills {folder}", "mount a ConfigMap there, or run build-config")


def _keys(data: Mapping[str, str], operators: list[str], deployed: str) -> Outcome:
    programs = [cilium.agent_flags(), *(cilium.operator_flags(name) for name in operators)]
    hidden = keylist.read("cilium").blocks["hidden"]
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
            yield f"{key}: `{value}` is not of the type {_SAID.get(name, name)}"


def _relay(text: str, name: str, deployed: str) -> Outcome:
    values: Any = parse(text, name)
    if not isinstance(values, dict):
        return Outcome("", ("the file holds no keys",))
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
        there = flags()
        wrong = [name for name, _ in subject.flags() if name not in there]
        return Outcome("known", tuple(f"--{name}: unknown flag{ending(name, there)}" for name in wrong))

    return Check(
        subject.rendered.environment,
        f"{subject.where}, arguments",
        subject.deployed,
        f"{checker}, {cilium.version()}",
        tuple(subject.words),
        known,
    )


def _versions(deployed: str) -> Iterator[str]:
    """Flags come and go with every minor version."""
    if deployed.split(".")[:2] != cilium.version().split(".")[:2]:
        yield f"the image is {deployed}, tools/cilium/go.mod has {cilium.version()}; pin the same minor version"

"""An object as facts: what it asks of a cluster, by path, without names, labels and the order of lists.

Two objects that ask for the same have the same facts, in whatever style they are written. Paths are words with dots:
`containers.args.--config.file`, `rules.apps/deployments.list`, `data.loki.yaml.server.http_listen_port`.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.kube.images import ImageRef
from penstock.kube.paths import at
from penstock.kube.ref import Content
from penstock.kube.references import POD_TEMPLATES

Facts = dict[str, str]
"""Path -> value; a value that isn't text is written as JSON."""

# What identifies an object, or names another one: each author chooses these names.
_NAMES = ("apiVersion", "kind", "metadata", "selector", "serviceAccount", "serviceAccountName", "roleRef", "subjects")
_POD_NAMES = (*_NAMES, "initContainers", "containers", "volumes")
_TEMPLATES = ("template", "jobTemplate")
_CONTAINER_PARTS = ("name", "image", "command", "args", "ports", "env", "volumeMounts")
_SETS = ("capabilities.add", "capabilities.drop")
_MINOR = re.compile(r"v?(\d+\.\d+)")
# The API server's own values for fields that are left out.
_DEFAULTS: dict[str, Any] = {
    "defaultMode": 420,
    "dnsPolicy": "ClusterFirst",
    "failureThreshold": 3,
    "fsGroupChangePolicy": "Always",
    "hostIPC": False,
    "hostNetwork": False,
    "hostPID": False,
    "imagePullPolicy": "IfNotPresent",
    "initialDelaySeconds": 0,
    "minReadySeconds": 0,
    "periodSeconds": 10,
    "protocol": "TCP",
    "readOnly": False,
    "restartPolicy": "Always",
    "revisionHistoryLimit": 10,
    "scheme": "HTTP",
    "sessionAffinity": "None",
    "successThreshold": 1,
    "terminationGracePeriodSeconds": 30,
    "terminationMessagePath": "/dev/termination-log",
    "timeoutSeconds": 1,
}
_DEFAULT_ITEMS = [
    *_DEFAULTS.items(),
    ("apiVersion", "v1"),
    ("resources", {}),
    ("securityContext", {}),
    ("spec", {}),
    ("type", "ClusterIP"),
    ("type", "RollingUpdate"),
]
_PARSERS: dict[str, Callable[[str], Any]] = {"yaml": yaml.parse, "yml": yaml.parse, "json": json.loads}


def facts(content: Content) -> Facts:
    """Return the facts of an object; files of a ConfigMap in YAML, JSON or INI count by their settings."""
    found = _facts(str(content["kind"]), content)
    return {path: value if isinstance(value, str) else json.dumps(value, sort_keys=True) for path, value in found}


def _facts(kind: str, content: Content) -> Iterator[tuple[str, Any]]:
    if kind in ("ConfigMap", "Secret"):
        for key, text in {**(content.get("data") or {}), **(content.get("stringData") or {})}.items():
            yield from _file(f"data.{key}", key, str(text))
    elif kind in ("ClusterRole", "Role"):
        yield from _rules(content.get("rules") or [])
    else:
        rest = _without(content, _NAMES)
        if kind in POD_TEMPLATES:
            ((_, pod),) = at(content, f"{POD_TEMPLATES[kind]}.spec".lstrip("."))
            yield from _pod(pod)
            rest = {**rest, "spec": _without(rest["spec"], (*_NAMES, *_TEMPLATES)) if kind != "Pod" else {}}
        elif kind == "Service":
            yield from _service_ports(rest["spec"].get("ports") or [])
            rest = {**rest, "spec": _without(rest["spec"], (*_NAMES, "ports"))}
        elif kind == "PodDisruptionBudget":
            rest = {**rest, "spec": _without(rest["spec"], _NAMES)}
        yield from _leaves("", rest)


def _pod(spec: Content) -> Iterator[tuple[str, Any]]:
    volumes = {item["name"]: item for item in spec.get("volumes") or []}
    for group in ("initContainers", "containers"):
        items = spec.get(group) or []
        for item in items:
            yield from _container(group if len(items) == 1 else f"{group}.{item['name']}", item, volumes)
    yield from _leaves("pod", _without(spec, _POD_NAMES))


def _container(path: str, item: Content, volumes: Mapping[str, Content]) -> Iterator[tuple[str, Any]]:
    yield from _image(f"{path}.image", ImageRef.parse(str(item["image"])))
    if item.get("command"):
        yield f"{path}.command", " ".join(map(str, item["command"]))
    yield from _flags(f"{path}.args", list(map(str, item.get("args") or [])))
    ports = item.get("ports") or []
    for port in ports:
        place = f"{path}.ports.{port['containerPort']}/{port.get('protocol', 'TCP')}"
        yield place, "open"
        yield from _leaves(place, _without(port, ("name", "containerPort", "protocol")))
    for variable in item.get("env") or []:
        yield from _leaves(f"{path}.env.{variable['name']}", variable.get("valueFrom", str(variable.get("value", ""))))
    for mount in item.get("volumeMounts") or []:
        place = f"{path}.mounts.{str(mount['mountPath']).rstrip('/') or '/'}"
        yield place, _source(volumes.get(mount["name"], {"persistentVolumeClaim": {}}))
        yield from _leaves(place, _without(mount, ("name", "mountPath")))
    numbers = {port["name"]: port["containerPort"] for port in ports if "name" in port}
    yield from _leaves(path, _numbered(_without(item, _CONTAINER_PARTS), numbers))


def _image(path: str, image: ImageRef) -> Iterator[tuple[str, Any]]:
    """Yield the program's name and its minor version: a patch asks for nothing new, and registries are mirrored."""
    yield path, image.repository.rpartition("/")[2]
    minor = _MINOR.match(image.tag)
    if minor:
        yield f"{path}.version", minor[1]


def _source(volume: Content) -> str:
    """Return the kind of a volume, with the path of a node's folder."""
    kind = next((key for key in volume if key != "name"), "emptyDir")
    path = (volume.get("hostPath") or {}).get("path")
    return f"{kind} {path}" if path else kind


def _numbered(value: Any, numbers: Mapping[str, int]) -> Any:
    """Return probes and hooks with the numbers of named ports."""
    if isinstance(value, Mapping):
        return {
            key: numbers.get(inner, inner) if key == "port" and isinstance(inner, str) else _numbered(inner, numbers)
            for key, inner in value.items()
        }
    return value


def _service_ports(ports: Sequence[Content]) -> Iterator[tuple[str, Any]]:
    for port in ports:
        place = f"spec.ports.{port['port']}/{port.get('protocol', 'TCP')}"
        yield place, "open"
        # A named target port is the pod's affair, which is compared there.
        done = ["name", "port", "protocol"]
        if isinstance(port.get("targetPort"), str) or port.get("targetPort") == port["port"]:
            done.append("targetPort")
        yield from _leaves(place, _without(port, done))


def _flags(path: str, argv: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield a fact per flag, and one for the arguments without a flag; a repeated flag has a list."""
    flags: dict[str, list[str]] = {}
    plain: list[str] = []
    waiting = ""
    for word in argv:
        if word.startswith("-") and word != "-":
            name, has_value, value = word.partition("=")
            name = f"--{name.lstrip('-')}"
            flags.setdefault(name, []).extend([value] if has_value else [])
            waiting = "" if has_value else name
        else:
            (flags[waiting] if waiting else plain).append(word)
            waiting = ""
    for name, values in flags.items():
        yield f"{path}.{name}", values[0] if len(values) == 1 else sorted(values)
    if plain:
        yield path, " ".join(plain)


def _rules(rules: Sequence[Content]) -> Iterator[tuple[str, Any]]:
    for rule in rules:
        places = [
            f"{f'{group}/' if group else ''}{resource}{f'[{name}]' if name else ''}"
            for group in rule.get("apiGroups") or [""]
            for resource in rule.get("resources") or []
            for name in rule.get("resourceNames") or [""]
        ]
        for place in [*places, *(rule.get("nonResourceURLs") or [])]:
            yield from ((f"rules.{place}.{verb}", "allowed") for verb in rule["verbs"])


def _file(path: str, key: str, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings in a file; a file that can't be parsed, such as a template, is one fact."""
    ending = key.rpartition(".")[2]
    values: Any = None
    try:
        if ending in _PARSERS:
            values = _PARSERS[ending](text)
        elif ending == "ini":
            ini = configparser.ConfigParser(interpolation=None)
            ini.read_string(text)
            values = {name: dict(ini[name]) for name in ini.sections()}
    except (PenstockError, ValueError, configparser.Error):
        values = None
    yield from _leaves(path, values) if isinstance(values, Mapping) else [(path, text.strip())]


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values below a value; entries of lists are known by their `name`, other lists are sorted."""
    named = isinstance(value, list) and value and all(isinstance(each, Mapping) and "name" in each for each in value)
    if named:
        value = {str(each["name"]): _without(each, ("name",)) for each in value}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            place = f"{path}.{key}" if path else str(key)
            if inner is not None and (key, inner) not in _DEFAULT_ITEMS:
                yield from [(place, {})] if inner == {} else _leaves(place, inner)
    elif path.endswith(_SETS):
        # Each by itself: a reason for one capability is none for another.
        yield from ((f"{path}.{each}", "listed") for each in value)
    elif isinstance(value, list):
        yield path, sorted(value, key=lambda each: json.dumps(each, sort_keys=True))
    else:
        yield path, value


def _without(content: Content, keys: Collection[str]) -> Content:
    return {key: value for key, value in content.items() if key not in keys}

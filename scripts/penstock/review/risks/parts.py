"""Parts of objects that several rules look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.kube.references import POD_TEMPLATES
from penstock.review import payloads
from penstock.review.step import Delta, Step
from penstock.review.trees import Item

Values = Mapping[str, Any]


def at(item: Item | None, path: str, default: Any = None) -> Any:
    """Return the value at a path of keys, such as spec.replicas; the default without it."""
    value: Any = item.content if item else None
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return default if value is None else value


def both(step: Step, *kinds: str) -> Iterator[tuple[Item, Item]]:
    """Yield the objects of these kinds that exist before and after, and differ."""
    for delta in step.of(*kinds):
        if delta.old and delta.new:
            yield delta.old, delta.new


def removed(step: Step, *kinds: str) -> Iterator[Item]:
    """Yield the objects of these kinds that Flux deletes, and that are not under another name."""
    for delta in step.of(*kinds):
        if delta.old and not delta.new and delta.is_("pruned"):
            yield delta.old


def workloads(step: Step) -> Iterator[Delta]:
    """Yield what differs and has a pod template after the change."""
    return (delta for delta in step.of(*POD_TEMPLATES) if delta.new)


def pod(item: Item | None) -> Values:
    """Return the PodSpec of a workload; empty without one."""
    path = POD_TEMPLATES.get(item.kind) if item else None
    if path is None:
        return {}
    found = at(item, f"{path}.spec".lstrip("."), {})
    return found if isinstance(found, Mapping) else {}


def template_metadata(item: Item | None, key: str) -> Values:
    """Return the labels or the annotations of a workload's pods."""
    path = POD_TEMPLATES.get(item.kind) if item else None
    found: Values = at(item, f"{path}.metadata.{key}".lstrip("."), {}) if path is not None else {}
    return found


def containers(item: Item | None) -> dict[str, Values]:
    """Return the containers of a workload by name, with the init containers."""
    spec = pod(item)
    return {str(one.get("name")): one for key in ("initContainers", "containers") for one in spec.get(key) or []}


def container_pairs(step: Step) -> Iterator[tuple[Delta, str, Values, Values]]:
    """Yield every container of what differs: its name, and how it was and is; empty if it is new."""
    for delta in workloads(step):
        before = containers(delta.old)
        for name, now in containers(delta.new).items():
            yield delta, name, before.get(name, {}), now


def inner(values: Values, path: str) -> Any:
    """Return the value at a path of keys; None without it."""
    value: Any = values
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def documents(item: Item | None) -> dict[str, Any]:
    """Return the data in a ConfigMap's values that are YAML, JSON, TOML or INI, by key."""
    found = at(item, "data", {}) if item and item.kind == "ConfigMap" else {}
    read = {key: payloads.data(key, text) for key, text in found.items() if isinstance(text, str)}
    return {key: value for key, value in read.items() if value is not None}


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Values]]:
    """Yield every mapping inside a value with its path."""
    if isinstance(value, Mapping):
        yield path, value
        for key, one in value.items():
            yield from walk(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for one in value:
            yield from walk(one, path)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 object, 2 objects."""
    return f"{number} {noun}{'' if number == 1 else 's'}"

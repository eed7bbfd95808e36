"""What the pods of a workload read: Secrets and ConfigMaps, and which of their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.gitops.diff.trees import Item

Need = tuple[str, str, str, str]
"""Kind, namespace, name and key; no key where all of it is read."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_TEMPLATES = {"CronJob": ("spec", "jobTemplate", "spec", "template"), "Pod": ()}
_USUAL = ("spec", "template")


def needs(item: Item) -> set[Need]:
    """What an object's pods can't start without, and the certificates of a Gateway."""
    return {
        (kind, item.namespace, str(name), str(key)) for kind, name, key in (*_pods(item), *_certificates(item)) if name
    }


def template(item: Item) -> Any:
    """The pod template of an object; None when it has none."""
    value: Any = item.content
    for key in _TEMPLATES.get(item.kind, _USUAL):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _pods(item: Item) -> Iterator[tuple[str, Any, Any]]:
    spec = (template(item) or {}).get("spec") if item.kind in (*WORKLOADS, "Job", "ReplicaSet", *_TEMPLATES) else None
    if not spec:
        return
    for container in (*spec.get("initContainers", []), *spec.get("containers", [])):
        yield from _container(container)
    for secret in spec.get("imagePullSecrets", []):
        yield "Secret", secret.get("name"), ""
    for volume in spec.get("volumes", []):
        yield from _volume(volume)


def _container(container: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for source in container.get("envFrom", []):
        yield from _whole(source, "secretRef", "configMapRef")
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {})
        for kind, key in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
            reference = source.get(key, {})
            if not reference.get("optional"):
                yield kind, reference.get("name"), reference.get("key", "")


def _volume(volume: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for source in (volume, *volume.get("projected", {}).get("sources", [])):
        secret = source.get("secret", {})
        named = {**secret, "name": secret.get("secretName", secret.get("name"))}
        for kind, reference in (("Secret", named), ("ConfigMap", source.get("configMap", {}))):
            if not reference.get("optional"):
                for entry in reference.get("items", [{}]):
                    yield kind, reference.get("name"), entry.get("key", "")


def _whole(source: dict[str, Any], secret: str, config_map: str) -> Iterator[tuple[str, Any, Any]]:
    for kind, key in (("Secret", secret), ("ConfigMap", config_map)):
        reference = source.get(key, {})
        if not reference.get("optional"):
            yield kind, reference.get("name"), ""


def _certificates(item: Item) -> Iterator[tuple[str, Any, Any]]:
    if item.kind == "Gateway":
        for listener in item.content["spec"].get("listeners") or []:
            for reference in (listener.get("tls") or {}).get("certificateRefs") or []:
                if reference.get("namespace", item.namespace) == item.namespace:
                    yield "Secret", reference.get("name"), ""

"""The ConfigMaps and Secrets that an object requires, and which of their keys."""

from __future__ import annotations

from typing import Any

from penstock.kube.paths import at
from penstock.kube.references import POD_TEMPLATES, of_pods
from penstock.review.trees import Item

Need = tuple[str, str, str, str]
"""Kind, namespace, name and key; the key is empty if the whole object is read."""

_CERTIFICATES = "spec.listeners[].tls.certificateRefs[]"


def needs(item: Item) -> set[Need]:
    """Return the ConfigMaps and Secrets that an object's pods need to start, and the certificates of a Gateway."""
    return {
        (reference.kind, item.namespace, reference.name, key)
        for reference in of_pods(item.kind, item.namespace, item.content)
        if reference.kind in ("ConfigMap", "Secret") and not reference.optional
        for key in ([key for _, key in reference.keys] or [""])
    } | {("Secret", item.namespace, name, "") for name in _certificates(item)}


def template(item: Item) -> Any:
    """Return the pod template of an object; None if it has none."""
    path = POD_TEMPLATES.get(item.kind)
    return None if path is None else next((value for _, value in at(item.content, path)), None)


def _certificates(item: Item) -> set[str]:
    """Return a Gateway's certificates in its own namespace."""
    found = [value for _, value in at(item.content, _CERTIFICATES)] if item.kind == "Gateway" else []
    return {str(value["name"]) for value in found if value.get("namespace", item.namespace) == item.namespace}

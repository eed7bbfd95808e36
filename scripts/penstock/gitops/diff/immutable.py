"""Fields that the API server doesn't let anyone change: Kubernetes' own validation, pkg/apis/*/validation."""

from __future__ import annotations

from typing import Any

from penstock.gitops.diff.trees import Item

# Kind -> path -> what the API server puts there when nothing does.
_FIELDS: dict[str, dict[str, Any]] = {
    "Deployment": {"spec.selector": None},
    "DaemonSet": {"spec.selector": None},
    "StatefulSet": {
        "spec.selector": None,
        "spec.serviceName": "",
        "spec.podManagementPolicy": "OrderedReady",
        "spec.volumeClaimTemplates": [],
    },
    "Job": {
        "spec.template": None,
        "spec.selector": None,
        "spec.completions": 1,
        "spec.completionMode": "NonIndexed",
        "spec.podFailurePolicy": None,
        "spec.successPolicy": None,
        "spec.backoffLimitPerIndex": None,
        "spec.managedBy": None,
    },
    "StorageClass": {
        "provisioner": None,
        "parameters": {},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    },
    "RoleBinding": {"roleRef": None},
    "ClusterRoleBinding": {"roleRef": None},
    "PriorityClass": {"value": 0, "preemptionPolicy": "PreemptLowerPriority"},
    "IngressClass": {"spec.controller": None},
    "RuntimeClass": {"handler": None},
}


def immutable(old: Item, new: Item) -> list[str]:
    """The paths of the fields that differ and may not; empty when the API server takes the change."""
    found = [
        path
        for path, default in _FIELDS.get(new.kind, {}).items()
        if _at(old.content, path, default) != _at(new.content, path, default)
    ]
    if new.kind == "Service":
        found += _service(old.content["spec"], new.content["spec"])
    if new.kind == "PersistentVolumeClaim":
        found += _claim(old.content["spec"], new.content["spec"])
    if new.kind in ("ConfigMap", "Secret") and old.content.get("immutable"):
        found += [key for key in ("data", "binaryData", "immutable") if old.content.get(key) != new.content.get(key)]
    return found


def _service(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """An address is given once; a Service that is an alias has none."""
    if "ExternalName" in (old.get("type"), new.get("type")):
        return []
    return ["spec.clusterIP"] if old.get("clusterIP") != new.get("clusterIP") else []


def _claim(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """All but its size, which may grow, and the class of its attributes."""
    fixed = [
        key
        for key in sorted(old.keys() | new.keys())
        if key not in ("resources", "volumeAttributesClassName") and old.get(key) != new.get(key)
    ]
    sizes = [spec.get("resources", {}).get("requests", {}).get("storage") for spec in (old, new)]
    return [f"spec.{key}" for key in fixed] + (["spec.resources"] if _shrinks(*sizes) else [])


_UNITS: dict[str, int] = {
    unit: base**power
    for base, units in ((1000, ["", "k", "M", "G", "T", "P", "E"]), (1024, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]))
    for power, unit in enumerate(units)
}


def _shrinks(old: Any, new: Any) -> bool:
    before, after = _bytes(old), _bytes(new)
    return before is not None and after is not None and after < before


def _bytes(quantity: Any) -> float | None:
    """A Kubernetes quantity such as 5Gi; None when it is written in a way that sizes aren't."""
    digits = str(quantity).rstrip("kKMGTPEi")
    try:
        return float(digits) * _UNITS[str(quantity)[len(digits) :]]
    except (KeyError, ValueError):
        return None


def _at(content: dict[str, Any], path: str, default: Any) -> Any:
    value: Any = content
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return default if value is None else value

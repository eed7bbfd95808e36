"""How Kubernetes identifies the entries of a list: by keys, as a set, or by position.

The keys are those of `x-kubernetes-list-map-keys` in Kubernetes's OpenAPI schema, for the fields of built-in kinds, and
in the CustomResourceDefinitions of the manifests for custom resources.
"""

from __future__ import annotations

from typing import Any

# Name of the field -> its keys. Of several lines, the first whose keys all entries have.
_KEYS: dict[str, list[tuple[str, ...]]] = {
    "containers": [("name",)],
    "initContainers": [("name",)],
    "ephemeralContainers": [("name",)],
    "env": [("name",)],
    "volumes": [("name",)],
    "volumeMounts": [("mountPath",), ("name",)],
    "volumeDevices": [("devicePath",)],
    "volumeClaimTemplates": [("metadata.name",)],
    "ports": [("containerPort", "protocol"), ("port", "protocol"), ("name",)],
    "imagePullSecrets": [("name",)],
    "hostAliases": [("ip",)],
    "topologySpreadConstraints": [("topologyKey", "whenUnsatisfiable")],
    "webhooks": [("name",)],
    "versions": [("name",)],
    "listeners": [("name",)],
    "subjects": [("kind", "namespace", "name")],
    "secrets": [("name",)],
    "conditions": [("type",)],
    "parentRefs": [("namespace", "name", "sectionName", "port")],
    "backendRefs": [("namespace", "name", "port")],
    "dependsOn": [("namespace", "name")],
    "healthChecks": [("kind", "namespace", "name")],
}
_DEFAULTS = {"protocol": "TCP"}
# Lists whose order has no effect.
_SETS = frozenset(
    ("accessModes", "add", "apiGroups", "apiVersions", "drop", "finalizers", "hostnames", "nonResourceURLs")
) | frozenset(("operations", "policyTypes", "required", "resourceNames", "resources", "verbs", "enum", "values"))
# Entries of other lists, such as those of a program's configuration.
_USUAL = ("name", "job_name", "alert", "record", "uid", "id", "key", "type")
# Here the order has an effect: containers are started in turn.
_ORDERED = ("initContainers",)


def identities(step: str, entries: list[list[Any]], schema: Any = None) -> list[list[str]] | None:
    """Return the identity of each entry of some versions of a list; None if it has to be compared by position."""
    every = [entry for part in entries for entry in part]
    declared = (schema or {}).get("x-kubernetes-list-map-keys") if isinstance(schema, dict) else None
    if not every:
        return None
    if all(isinstance(entry, dict) for entry in every):
        choices = [tuple(declared)] if declared else _KEYS.get(step, [(name,) for name in _USUAL])
        for keys in choices:
            found = [[_identity(entry, keys) for entry in part] for part in entries]
            named = any(any(_value(entry, key) for key in keys) for entry in every)
            if named and all(all(part) and len({*part}) == len(part) for part in found):
                return found
    elif is_set(step, schema) and not any(isinstance(entry, list) for entry in every):
        found = [[str(entry) for entry in part] for part in entries]
        return found if all(len({*part}) == len(part) for part in found) else None
    return None


def is_set(step: str, schema: Any = None) -> bool:
    """Whether the order of a list of scalars has no effect."""
    return step in _SETS or (isinstance(schema, dict) and schema.get("x-kubernetes-list-type") == "set")


def is_ordered(step: str) -> bool:
    """Whether the order of a list with keys has an effect."""
    return step in _ORDERED


def _identity(entry: dict[str, Any], keys: tuple[str, ...]) -> str:
    values = [_value(entry, key) for key in keys]
    if len(keys) == 1:
        return values[0]
    if keys[1:] == ("protocol",):
        return "/".join(values) if values[0] else ""
    return "/".join(filter(None, values))


def _value(entry: Any, path: str) -> str:
    key, _, rest = path.partition(".")
    if rest:
        return _value(entry.get(key) or {}, rest)
    found = entry.get(key, _DEFAULTS.get(key, ""))
    return "" if found is None or isinstance(found, (dict, list)) else str(found)

"""Nulls in objects, as the API server treats them."""

from __future__ import annotations

from typing import Any

from penstock.kube.groups import group_of, is_built_in

# Fields of built-in kinds that map strings to strings. `selector` is missing: it is such a map only in a Service.
_TEXTS = frozenset({"annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "stringData"})


def as_stored(item: Any) -> Any:
    """An object with its nulls as the API server stores them, verified on Kubernetes 1.37.

    In built-in kinds and in all metadata, null fields are dropped, and a null in a map of strings becomes the empty
    string. A custom resource keeps a null if its schema is `nullable`, and is rejected otherwise.
    """
    if not isinstance(item, dict):
        return item
    if is_built_in(group_of(str(item.get("apiVersion")))):
        return _typed(item)
    return {key: _typed(value) if key == "metadata" else value for key, value in item.items()}


def without_nulls(value: Any) -> Any:
    """Plain values without the keys that are null."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def _typed(value: Any, *, texts: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            key: "" if inner is None else _typed(inner, texts=key in _TEXTS)
            for key, inner in value.items()
            if texts or inner is not None
        }
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    return value

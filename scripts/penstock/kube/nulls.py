"""What a null in an object means to the API server."""

from __future__ import annotations

from typing import Any

from penstock.kube.groups import group_of, is_built_in

# Fields that are maps of text in Kubernetes' own kinds; a `selector` is one in a Service alone.
_TEXTS = frozenset({"annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "stringData"})


def as_stored(item: Any) -> Any:
    """An object with its nulls as the API server stores them, tried on Kubernetes 1.37.

    In Kubernetes' own kinds a field that is null isn't there, and in a map of text a null is the empty text. A custom
    resource keeps it where its schema is `nullable`, and is refused elsewhere; its metadata is Kubernetes' own.
    """
    if not isinstance(item, dict):
        return item
    if is_built_in(group_of(str(item.get("apiVersion")))):
        return _typed(item)
    return {key: _typed(value) if key == "metadata" else value for key, value in item.items()}


def without_nulls(value: Any) -> Any:
    """Plain values without the keys whose value is null."""
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

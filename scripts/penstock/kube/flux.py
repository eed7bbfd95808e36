"""Flux's namespace, and the labels and annotations that change how it treats an object."""

from __future__ import annotations

from penstock.kube.ref import Content

NAMESPACE = "flux-system"
GROUP = "kustomize.toolkit.fluxcd.io"
_WHERE = ("labels", "annotations")
_LEFT_ALONE = (("reconcile", "disabled"), ("ssa", "ignore"), ("ssa", "ifnotpresent"))


def marked(item: Content, name: str, value: str) -> bool:
    """Whether the label or annotation GROUP/`name` has this value in any case (AnyInMetadata in Flux's ssa)."""
    found = [(item["metadata"].get(where) or {}).get(f"{GROUP}/{name}") for where in _WHERE]
    return value.lower() in [str(each).lower() for each in found]


def is_left_alone(item: Content) -> bool:
    """Whether Flux leaves an existing object unchanged."""
    return any(marked(item, name, value) for name, value in _LEFT_ALONE)

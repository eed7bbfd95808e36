"""Secrets that the platform needs and Git must not hold: declared by the components, made in the cluster, once."""

from __future__ import annotations

import secrets
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.model import Strict, load
from penstock.tools.kubectl import PENSTOCK, Kubectl

FILE = "secrets.yaml"
_FEWEST_BYTES = 16


class Secret(Strict, frozen=True):
    """A Secret with the same content in every one of its namespaces.

    `literal` holds plain values; `generate` maps keys to a number of random bytes, which are written url-safe.
    """

    name: str
    namespaces: list[str]
    literal: dict[str, str] = {}
    generate: dict[str, int] = {}


class _File(Strict, frozen=True):
    secrets: list[Secret]


def declared(layout: Layout, components: list[str]) -> list[Secret]:
    """What the secrets.yaml of these components declare; PenstockError for an unknown key or too short a secret."""
    found = []
    for component in components:
        path = layout.components / component / FILE
        if path.is_file():
            found += load(path, _File, layout.relative(path)).secrets
    for secret in found:
        for key, count in secret.generate.items():
            if count < _FEWEST_BYTES:
                raise PenstockError(
                    f"Secret {secret.name}: {key} asks for {count} random bytes, which can be guessed",
                    f"ask for {_FEWEST_BYTES} or more",
                )
    return found


def make(kubectl: Kubectl, wanted: list[Secret]) -> list[str]:
    """Make those Secrets that aren't there; gives namespace/name of each new one. Nothing is ever printed or changed.

    A namespace that joins later gets the values that the others have.
    """
    asked = [_object(secret.name, namespace, {}) for secret in wanted for namespace in secret.namespaces]
    there = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in kubectl.get_these(asked)}
    made = []
    for secret in wanted:
        held = [there[namespace, secret.name] for namespace in secret.namespaces if (namespace, secret.name) in there]
        content = {"data": held[0]["data"]} if held else {"stringData": _fresh(secret)}
        made += [
            _object(secret.name, namespace, content)
            for namespace in secret.namespaces
            if (namespace, secret.name) not in there
        ]
    if made:
        kubectl.apply(made, PENSTOCK)
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in made]


def _fresh(secret: Secret) -> dict[str, str]:
    return secret.literal | {key: secrets.token_urlsafe(count) for key, count in secret.generate.items()}


def _object(name: str, namespace: str, content: dict[str, Any]) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "penstock"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "type": "Opaque",
        **content,
    }

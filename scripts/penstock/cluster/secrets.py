"""Create the Secrets that the components declare, once."""

from __future__ import annotations

import secrets
from typing import Any

from penstock.platform.secrets import Secret
from penstock.tools.kubectl import PENSTOCK, Kubectl


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

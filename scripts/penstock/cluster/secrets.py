"""Create the Secrets that the components declare."""

from __future__ import annotations

import secrets

from penstock.kube.ref import Content
from penstock.platform.secrets import Secret
from penstock.tools.kubectl import PENSTOCK, Kubectl


def create(kubectl: Kubectl, declared: list[Secret]) -> list[str]:
    """Create the missing Secrets, and return namespace/name of each; existing ones never change, values aren't printed.

    A namespace that is added later gets the values of the existing Secrets.
    """
    expected = [_object(secret.name, namespace, {}) for secret in declared for namespace in secret.namespaces]
    existing = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in kubectl.get_these(expected)}
    created = []
    for secret in declared:
        copies = [existing[space, secret.name] for space in secret.namespaces if (space, secret.name) in existing]
        content = {"data": copies[0]["data"]} if copies else {"stringData": _generated(secret)}
        created += [
            _object(secret.name, namespace, content)
            for namespace in secret.namespaces
            if (namespace, secret.name) not in existing
        ]
    if created:
        kubectl.apply(created, PENSTOCK)
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in created]


def _generated(secret: Secret) -> dict[str, str]:
    return secret.literal | {key: secrets.token_urlsafe(count) for key, count in secret.generate.items()}


def _object(name: str, namespace: str, content: Content) -> Content:
    labels = {"app.kubernetes.io/managed-by": "penstock"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "type": "Opaque",
        **content,
    }

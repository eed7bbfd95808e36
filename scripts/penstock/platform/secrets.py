"""Secrets that Git must not hold: components declare them in secrets.yaml, `inv up` creates them in the cluster."""

from __future__ import annotations

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.model import Strict, load

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

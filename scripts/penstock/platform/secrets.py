"""Secrets that don't belong in Git: components declare them in secrets.yaml, `inv up` creates them in the cluster."""

from __future__ import annotations

from penstock.core.errors import PenstockError
from penstock.core.model import Strict, load
from penstock.platform.layout import Layout

FILE = "secrets.yaml"
_MIN_BYTES = 16


class Secret(Strict, frozen=True):
    """A Secret with the same content in each of its namespaces.

    `literal` has plain values; `generate` maps keys to a number of random bytes, which are encoded as URL-safe text.
    """

    name: str
    namespaces: list[str]
    literal: dict[str, str] = {}
    generate: dict[str, int] = {}


class _File(Strict, frozen=True):
    secrets: list[Secret]


def declared(layout: Layout, components: list[str]) -> list[Secret]:
    """The Secrets that these components declare; raises PenstockError for an unknown key or too few random bytes."""
    every = []
    for component in components:
        path = layout.components / component / FILE
        if path.is_file():
            every += load(path, _File, layout.relative(path)).secrets
    for secret in every:
        for key, count in secret.generate.items():
            if count < _MIN_BYTES:
                raise PenstockError(
                    f"Secret {secret.name}: {key} has only {count} random bytes, which can be guessed",
                    f"use {_MIN_BYTES} or more",
                )
    return every

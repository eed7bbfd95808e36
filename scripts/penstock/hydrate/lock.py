"""The lock of an environment's manifests: what they were made of, and their digests.

It lies in the tree that it describes (manifests/<environment>/penstock.lock), so both are swapped in one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.files import is_conflict
from penstock.core.layout import LOCK_NAME
from penstock.core.model import decode as decode_json
from penstock.kube.ref import ObjectRef

# Raise it when the shape of the lock or of the manifests changes: every component is then rendered again.
FORMAT = 3


class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file and the object in it: `id` is group/Kind/namespace/name, `sha256` of the file's bytes."""

    id: str
    sha256: str

    @property
    def ref(self) -> ObjectRef:
        """The object's identity."""
        return ObjectRef.parse(self.id)


class LockedHook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hook of Helm: its events, and whether it is applied as a plain object or left out."""

    events: str
    action: Literal["apply", "omit"]


class LockedUnit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a component Flux applies by a Kustomization of its own: its files, and what they provide."""

    provides: list[str]
    files: dict[str, Locked]


class LockedComponent(LockedUnit, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A component: digests of its raw inputs and of its resolved releases, and what ordering needs to know.

    `depends_on` are components that a release names itself. `provides` has what other objects may depend on beyond
    their identity: `Kind example.org/Widget Namespaced` of a CustomResourceDefinition, `Admission apps/deployments`
    of a webhook or policy, followed by its selectors as JSON where it has any. `parts` are what comes before and after
    `files`, by name: `pre-deploy`, `post-deploy`. `hooks` has the ids of all hooks of Helm, those left out included.
    """

    inputs: str
    resolved: str
    charts: list[str]
    depends_on: list[str]
    parts: dict[str, LockedUnit] = {}
    hooks: dict[str, LockedHook] = {}

    def each(self) -> Iterator[LockedUnit]:
        """The component itself, and its parts."""
        yield self
        yield from self.parts.values()

    def everything(self) -> Iterator[tuple[str, Locked]]:
        """Every file of the component and of its parts."""
        for part in self.each():
            yield from part.files.items()


class _Versioned(msgspec.Struct):
    version: int


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole environment. `flux` holds the digests of what no component renders.

    That is flux-system/, the kustomization.yaml files, and the rights of the accounts that Flux applies components as.
    """

    version: int
    components: dict[str, LockedComponent]
    flux: dict[str, str]


EMPTY = Lock(version=FORMAT, components={}, flux={})


def read(tree: Path, shown: str) -> Lock:
    """The lock of a tree, EMPTY when it has none; PenstockError when a newer Penstock wrote it or it is damaged."""
    try:
        return decode((tree / LOCK_NAME).read_bytes(), tree.name, shown)
    except FileNotFoundError:
        return EMPTY


def decode(raw: bytes, environment: str, shown: str) -> Lock:
    """The lock that these bytes are; the same errors as `read`."""
    try:
        version = decode_json(raw, _Versioned).version
        if version > FORMAT:
            raise PenstockError(
                f"{shown}/{LOCK_NAME} has format {version}, and this Penstock reads up to {FORMAT}",
                "a newer Penstock wrote it: update this one (git pull), or hydrate with that one",
            )
        return EMPTY if version != FORMAT else decode_json(raw, Lock)
    except msgspec.DecodeError:
        raise PenstockError(
            f"{shown}/{LOCK_NAME} {'has a merge conflict' if is_conflict(raw) else 'is not a lock'}",
            f"delete it and run `inv hydrate -e {environment}`",
        ) from None


def encode(lock: Lock) -> bytes:
    """The lock's bytes: sorted, a line per value, so that Git merges what doesn't collide."""
    return msgspec.json.format(msgspec.json.encode(lock, order="sorted"), indent=1) + b"\n"

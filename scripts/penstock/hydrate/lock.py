"""The lock of an environment's manifests: digests of their inputs and of the files.

It is in the tree that it describes (manifests/<environment>/penstock.lock), so both are replaced in one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.files import is_conflict
from penstock.core.model import decode as decode_json
from penstock.kube.ref import ObjectRef
from penstock.platform.layout import LOCK_NAME

# Increment it if the format of the lock or of the manifests changes: every component is then rendered again.
FORMAT = 3


class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file and its object: `id` is group/Kind/namespace/name, `sha256` the digest of the file."""

    id: str
    sha256: str

    @property
    def ref(self) -> ObjectRef:
        """The object's identity."""
        return ObjectRef.parse(self.id)


class LockedHook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Helm hook: its events, and whether it is applied as a plain object or left out."""

    events: str
    action: Literal["apply", "omit"]


class LockedUnit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The objects of a component in one Flux Kustomization: the files, and what they provide."""

    provides: list[str]
    files: dict[str, Locked]


class LockedComponent(LockedUnit, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A component: digests of its raw inputs and of its resolved releases, and the data for ordering.

    `depends_on` are components that its releases declare. `provides` has what other objects may depend on besides their
    identity: `Kind example.org/Widget Namespaced` of a CustomResourceDefinition, `Admission apps/deployments` of a
    webhook or policy, followed by any selectors as JSON. `parts` has the units before and after `files`, by name:
    `pre-deploy`, `post-deploy`. `hooks` has the ids of all Helm hooks, including those left out. `commit` is the one
    that a pinned component is rendered from.
    """

    inputs: str
    resolved: str
    charts: list[str]
    depends_on: list[str]
    parts: dict[str, LockedUnit] = {}
    hooks: dict[str, LockedHook] = {}
    commit: str = ""

    @property
    def own_charts(self) -> list[str]:
        """Its charts that are in the working tree or in charts.lock: none if it is pinned."""
        return [] if self.commit else self.charts

    def each(self) -> Iterator[LockedUnit]:
        """Yield the component itself and its parts."""
        yield self
        yield from self.parts.values()

    def everything(self) -> Iterator[tuple[str, Locked]]:
        """Yield every file of the component and its parts."""
        for part in self.each():
            yield from part.files.items()


class _Versioned(msgspec.Struct):
    version: int


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lock of an environment. `flux` has the digests of files that no component renders.

    These are flux-system/, the kustomization.yaml files, and the permissions of the accounts that Flux applies
    components as.
    """

    version: int
    components: dict[str, LockedComponent]
    flux: dict[str, str]


EMPTY = Lock(version=FORMAT, components={}, flux={})


def read(tree: Path, shown: str) -> Lock:
    """Return a tree's lock, EMPTY if it has none; raises PenstockError if it is damaged or of a newer Penstock."""
    try:
        return decode((tree / LOCK_NAME).read_bytes(), tree.name, shown)
    except FileNotFoundError:
        return EMPTY


def decode(raw: bytes, environment: str, shown: str) -> Lock:
    """Parse a lock; raises the same errors as `read`."""
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


def format_of(text: bytes) -> int:
    """Return the format of a lock; 0 if it is none."""
    try:
        return decode_json(text, _Versioned).version
    except msgspec.DecodeError:
        return 0


def encode(lock: Lock) -> bytes:
    """Return the lock's bytes: sorted, one value per line, so that Git can merge independent changes."""
    return msgspec.json.format(msgspec.json.encode(lock, order="sorted"), indent=1) + b"\n"

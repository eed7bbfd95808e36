"""The API server's verdicts on the objects of several environments; equal objects of a version are checked once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from penstock.gates.kubeconform.kubernetes import minor
from penstock.kube.objects import Object
from penstock.tools.apicheck import Change, Verdict, check

# Minimum of objects per process of apicheck: a start takes as long as about a hundred verdicts.
WORTH = 1000
# Metadata that only objects from a cluster have.
_EXPORTED = {"deletionGracePeriodSeconds", "deletionTimestamp", "resourceVersion"}


@dataclass(frozen=True)
class Request:
    """The objects of an environment, its Kubernetes version, and the definitions of custom resources."""

    version: str
    crds: Sequence[Object]
    objects: Sequence[Object]

    @cached_property
    def basis(self) -> tuple[str, bytes]:
        """The minor version and the definitions: everything but the object that determines a verdict."""
        return minor(self.version), _text([item.content for item in self.crds])

    @cached_property
    def texts(self) -> list[bytes]:
        """The objects as JSON."""
        return [_text(item.content) for item in self.objects]


def verdicts(requests: Sequence[Request]) -> list[list[Verdict]]:
    """For each request, a list with one verdict per object, in the same order."""
    batches: dict[tuple[str, bytes], dict[bytes, Object]] = {}
    for request in requests:
        batches.setdefault(request.basis, {}).update(zip(request.texts, request.objects, strict=True))
    some = {request.basis: request for request in requests}
    parts = [(basis, part) for basis, objects in batches.items() for part in _parts(list(objects))]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda part: _check(some[part[0]], [batches[part[0]][text] for text in part[1]]), parts)
    known: dict[tuple[str, bytes], dict[bytes, Verdict]] = {basis: {} for basis in batches}
    for (basis, part), answer in zip(parts, answers, strict=True):
        known[basis].update(zip(part, answer, strict=True))
    return [[known[request.basis][text] for text in request.texts] for request in requests]


def _parts(texts: list[bytes]) -> list[list[bytes]]:
    """Split the texts into one part per core, or fewer if a part would be smaller than WORTH."""
    count = max(1, min(os.cpu_count() or 1, len(texts) // WORTH))
    return [texts[start::count] for start in range(count)]


def _check(request: Request, objects: list[Object]) -> list[Verdict]:
    changes = [Change(item.content if _is_exported(item) else None, item.content) for item in objects]
    return check(changes, version=request.version, crds=[item.content for item in request.crds], dual_stack=True)


def _is_exported(item: Object) -> bool:
    """Whether an object has metadata that the API server refuses only in an update."""
    return not _EXPORTED.isdisjoint(item.content["metadata"])


def _text(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=str)

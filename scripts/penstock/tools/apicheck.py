"""Adapter for apicheck, whose source is in tools/apicheck: what an API server answers to objects, without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from penstock.core.process import Command, run
from penstock.kube.ref import Content
from penstock.tools.resolver import resolve


class Change(NamedTuple):
    """An object to apply; `old` is the object that was applied before, if any."""

    old: Content | None
    new: Content


class Problem(msgspec.Struct, frozen=True):
    """Why the API server refuses an object.

    `type` is Kubernetes's reason (Invalid, Forbidden, Required, Duplicate …); `field` is the field's path as the API
    names it, empty when the problem is the whole object.
    """

    type: str
    detail: str
    field: str = ""

    def __str__(self) -> str:
        """As the API server words it."""
        return f"{self.field}: {self.detail}" if self.field else self.detail


class Verdict(msgspec.Struct, frozen=True, rename="camel"):
    """The API server's answer to a change, or `unknown` when it doesn't serve the kind.

    `old` are the problems of the old object on its own; when there are any, `new` was applied on its own too. `alone`
    says that the API server refuses `new` even where there is no old object, `when_bound` that it accepts the change
    of a claim once that is bound, `same_template` that a workload's pods are to be what they were.
    """

    unknown: bool = False
    old: list[Problem] = []
    new: list[Problem] = []
    alone: bool = False
    when_bound: bool = False
    same_template: bool = False


class _Request(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    version: str
    crds: list[Content]
    dual_stack: bool


_decoder = msgspec.json.Decoder(Verdict)


def check(
    changes: Iterable[Change], *, version: str = "", crds: Sequence[Content] = (), dual_stack: bool = False
) -> list[Verdict]:
    """Apply every change to an API server of a Kubernetes version; one verdict for each, in their order.

    No version means the newest that the program knows. `crds` are the CustomResourceDefinitions of custom resources;
    `dual_stack` says that Services can have addresses of both families.
    """
    request = _Request(version=version, crds=list(crds), dual_stack=dual_stack)
    lines = [request, *({"old": old, "new": new} if old else {"new": new} for old, new in changes)]
    # Dates and the like stay text: a manifest's YAML has no other types.
    stdin = b"\n".join(msgspec.json.encode(line, enc_hook=str) for line in lines)
    return _decoder.decode_lines(run(Command([resolve("apicheck")], bare=True, stdin=stdin)).stdout)

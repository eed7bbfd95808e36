"""Adapter for apicheck (source: tools/apicheck): validates objects as an API server does, without running one."""

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
    """A reason why the API server refuses an object.

    `type` is Kubernetes's reason (Invalid, Forbidden, Required, Duplicate …); `field` is the API's path of the field,
    empty if the problem is with the whole object.
    """

    type: str
    detail: str
    field: str = ""

    def __str__(self) -> str:
        """Return the API server's text."""
        return f"{self.field}: {self.detail}" if self.field else self.detail


class Verdict(msgspec.Struct, frozen=True, rename="camel"):
    """The API server's answer to a change; `unknown` if it doesn't serve the kind.

    `old` has the problems of the old object alone; if there are any, `new` was also applied alone. `alone` is whether
    the API server refuses `new` even without an old object, `when_bound` whether it accepts the change once the claim
    is bound, `same_template` whether a workload's pod template stays the same.
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
    """Apply every change to an API server of a Kubernetes version; returns the verdicts in order.

    Without a version, the newest known one is used. `crds` has the CustomResourceDefinitions of custom resources;
    `dual_stack` allows Services with addresses of both families.
    """
    request = _Request(version=version, crds=list(crds), dual_stack=dual_stack)
    lines = [request, *({"old": old, "new": new} if old else {"new": new} for old, new in changes)]
    # Dates and similar values become text, since manifests have no such types.
    stdin = b"\n".join(msgspec.json.encode(line, enc_hook=str) for line in lines)
    return _decoder.decode_lines(run(Command([resolve("apicheck")], bare=True, stdin=stdin)).stdout)

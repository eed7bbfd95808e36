"""One line for each fault of an object, from the reports of the API server's code and of kubeconform."""

from __future__ import annotations

import re
from collections.abc import Iterable

from penstock.core.nearest import nearest
from penstock.gates.kubeconform.kubernetes import Kind, Schemas
from penstock.tools.apicheck import Problem
from penstock.tools.kubeconform import Verdict

_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")
# List items: the API server names some by key (containers[name="a"]), kubeconform all by index.
_ITEM = re.compile(r"\[[^]]*\]")
# The API server's code prints YAML values like this.
_VALUE = re.compile(r"&value\.valueUnstructured\{Value:(.*)\}")
_NO_FIELD = ("", "<nil>", "[]")
# The API server adds this when it stops validating early.
_MORE = "some validation rules were not checked because the object was invalid"


def lines(problems: list[Problem], verdict: Verdict | None, version: str) -> list[str]:
    """The faults of one object, without duplicates.

    The API server's verdict takes precedence. kubeconform adds fields that this version of Kubernetes doesn't have,
    and files that contain no object, such as those with a duplicate key.
    """
    if verdict and verdict.unreadable:
        return [verdict.unreadable]
    faults = [_line(problem) for problem in problems if not (len(problems) > 1 and problem.detail.startswith(_MORE))]
    reported = {_ITEM.sub("[]", problem.field) for problem in problems}
    later = [field(fault.path) for fault in (verdict.faults if verdict else []) if fault.unknown]
    faults += [
        f"{path}: Kubernetes {version} does not have this field"
        for path in later
        if _ITEM.sub("[]", path) not in reported
    ]
    return list(dict.fromkeys(faults))


def _line(problem: Problem) -> str:
    detail = _VALUE.sub(r"\1", " ".join(problem.detail.split()))
    where = problem.field
    if where in _NO_FIELD:
        where, detail = "", detail.removeprefix('Invalid value: "": ')
    if problem.type == "Conflict":
        detail = detail.partition('": ')[2] or detail
        where = "metadata.uid" if detail.startswith("uid mismatch") else "metadata.resourceVersion"
    return f"{where}: {detail}" if where else detail


def unserved(kind: Kind, version: str, schemas: Schemas, served: Iterable[Kind]) -> str:
    """The fault of an object whose kind isn't served, with what to use instead."""
    known = set(served)
    message = f"neither Kubernetes {version} nor a definition serves {kind}"
    versions = sorted({other.api_version for other in known if other.kind == kind.kind})
    if versions:
        return f"{message}: use {' or '.join(versions)}"
    if kind in schemas.names:
        return (
            f"{message}: turn it on in the API server (--runtime-config={kind.api_version}=true) and list "
            f"{kind.api_version} in kubernetes.apiVersions of the environment"
        )
    near = nearest(kind.kind, {other.kind for other in known})
    if near:
        return f"{message}: did you mean {near}?"
    if kind.group in {other.group for other in schemas.names}:
        return f"{message}: this version of Kubernetes has no such kind"
    return f"{message}: add its CustomResourceDefinition to a component"


def field(path: tuple[str, ...]) -> str:
    """A path as the API server writes it: spec.containers[0].image, data[a/b]."""
    parts = (f".{step}" if _PLAIN.fullmatch(step) else f"[{step}]" for step in path)
    return "".join(parts).removeprefix(".")

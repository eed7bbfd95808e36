"""What apicheck predicts, against a real API server: every built-in kind, and every field of it.

A part of the changes in each run; PENSTOCK_WALK=all tries every one (about 9,000).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import bare_api
from apicheck_walk import Schema, Walk
from bare_api import Api
from cluster_support import prepare
from penstock.core.model import parse_all
from penstock.tools.apicheck import Change, Verdict, check

SEEDS = parse_all((Path(__file__).parent / "apicheck" / "kinds.yaml").read_bytes(), "kinds.yaml")
# Of how many changes one is tried.
SHARE = 1 if os.environ.get("PENSTOCK_WALK") == "all" else 12
# What a server knows of its objects and a program can't: whether the namespace of an Event is there, for example.
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "walk"}}
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "walk"}}


class Kind(NamedTuple):
    """A kind that the server lets a client create."""

    api_version: str
    kind: str
    resource: str
    namespaced: bool

    def path(self, item: dict[str, Any]) -> str:
        """The address of an object."""
        root = "apis" if "/" in self.api_version else "api"
        inside = f"/namespaces/{item['metadata'].get('namespace', 'walk')}" if self.namespaced else ""
        return f"/{root}/{self.api_version}{inside}/{self.resource}/{item['metadata']['name']}"


class Case(NamedTuple):
    """A change and its name."""

    kind: Kind
    label: str
    old: dict[str, Any]
    new: dict[str, Any]


@pytest.fixture(scope="module")
def api(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    prepare()
    with bare_api.running(tmp_path_factory.mktemp("api")) as server:
        yield server


def kinds(api: Api) -> list[Kind]:
    groups = [group["preferredVersion"]["groupVersion"] for group in api.get("/apis")["groups"]]
    versions = ["v1", *(each["groupVersion"] for group in api.get("/apis")["groups"] for each in group["versions"])]
    assert groups
    found = []
    for version in versions:
        root = "apis" if "/" in version else "api"
        for each in api.get(f"/{root}/{version}")["resources"]:
            if "/" not in each["name"] and {"create", "patch"} <= set(each["verbs"]):
                found.append(Kind(version, each["kind"], each["name"], each["namespaced"]))
    return found


def cases(api: Api) -> Iterator[Case]:
    known = {(each.api_version, each.kind): each for each in kinds(api)}
    assert {(seed["apiVersion"], seed["kind"]) for seed in SEEDS} == known.keys()

    @cache
    def definitions(version: str) -> dict[str, Schema]:
        root = "apis" if "/" in version else "api"
        found: dict[str, Schema] = api.get(f"/openapi/v3/{root}/{version}")["components"]["schemas"]
        return found

    for seed in SEEDS:
        kind = known[(seed["apiVersion"], seed["kind"])]
        group, _, version = kind.api_version.rpartition("/")
        wanted = {"group": group, "version": version, "kind": kind.kind}
        schemas = definitions(kind.api_version)
        schema = next(each for each in schemas.values() if wanted in each.get("x-kubernetes-group-version-kind", []))
        for label, new in Walk(schemas).changes(seed, schema):
            shown = f"{kind.kind} {kind.api_version} {label}"
            if zlib.crc32(shown.encode()) % SHARE == 0:
                yield Case(kind, shown, seed, new)


def test_every_change_is_answered_as_the_api_server_answers_it(api: Api) -> None:
    for item in (NAMESPACE, ACCOUNT):
        resource = f"{item['kind'].lower()}s"
        inside = "" if item is NAMESPACE else "/namespaces/walk"
        assert api.apply(f"/api/v1{inside}/{resource}/{item['metadata']['name']}", item)[0] in (200, 201)
    wanted = list(cases(api))
    known = {(each.api_version, each.kind): each for each in kinds(api)}
    for seed in SEEDS:
        code, answer = api.apply(known[(seed["apiVersion"], seed["kind"])].path(seed), seed)
        assert code in (200, 201), f"{seed['kind']}: {answer}"
    predicted = check([Change(case.old, case.new) for case in wanted])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda case: api.apply(case.kind.path(case.new), case.new, dry_run=True), wanted))
    differ = [
        f"{case.label}\n    apicheck: {problems(verdict)}\n    the server: {told(code, answer)}"
        for case, verdict, (code, answer) in zip(wanted, predicted, answers, strict=True)
        if fields(verdict) != causes(code, answer)
    ]
    assert not differ, f"{len(differ)} of {len(wanted)} differ:\n" + "\n".join(differ)
    assert len(wanted) > 500


def problems(verdict: Verdict) -> list[str]:
    return [*(f"old: {each}" for each in verdict.old), *(f"{each.type} {each}" for each in verdict.new)]


def fields(verdict: Verdict) -> set[tuple[str, str]] | str:
    """The type and the field of each problem."""
    if verdict.unknown or verdict.old:
        return "no answer"
    return {(each.type, "" if each.type == "Typed" else each.field) for each in verdict.new}


def told(code: int, answer: Any) -> str:
    return "accepted" if code < 300 else f"{code} {answer if isinstance(answer, str) else answer['message'][:500]}"


def causes(code: int, answer: Any) -> set[tuple[str, str]]:
    """The same of the server's answer."""
    if code < 300:
        return set()
    if isinstance(answer, str):  # its own code failed
        return {("InternalError", "")}
    if "typed patch object" in answer["message"]:
        return {("Typed", "")}
    found = (answer.get("details") or {}).get("causes") or []
    return {(each["reason"].removeprefix("FieldValue"), each.get("field", "")) for each in found} or {
        (answer.get("reason", ""), "")
    }

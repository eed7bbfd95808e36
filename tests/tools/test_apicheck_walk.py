"""What apicheck predicts, against a real API server: every built-in kind, and every field of it.

A part of the changes in each run; PENSTOCK_WALK=all tries every one.
"""

from __future__ import annotations

import operator
import os
import re
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

import api_support
from api_support import Api
from apicheck_walk import Schema, Walk
from penstock.core.yaml import parse, parse_all
from penstock.tools.apicheck import Change, Verdict, check

FOLDER = Path(__file__).parent / "apicheck"
SEEDS: list[dict[str, Any]] = parse_all((FOLDER / "kinds.yaml").read_bytes(), "kinds.yaml")
PAIRS: list[dict[str, Any]] = parse((FOLDER / "pairs.yaml").read_bytes(), "pairs.yaml")
# Of how many changes one is tried.
SHARE = 1 if os.environ.get("PENSTOCK_WALK") == "all" else 12
# Only a kubelet can create it: the request is signed with a pod's key.
NO_SEED = {("certificates.k8s.io/v1", "PodCertificateRequest")}
# Where this server is not what a real cluster's is, or both refuse a change and one of them names more of it.
EXPLAINED = re.compile(
    # It names what is forbidden besides, after what is invalid.
    r"Pod v1 spec\.tolerations \["
    # An admission plugin writes the default.
    r"|Pod v1 spec\.preemptionPolicy PreemptLowerPriority"
    # A dry run looks at no port.
    r"|Service v1 spec\.ports.*nodePort'?:? 1"
    # It counts with what it adds itself.
    r"|StatefulSet apps/v1 spec\.volumeClaimTemplates \[|VolumeAttributesClass .* metadata\.finalizers"
    # It answers with an internal error.
    r"|CustomResourceDefinition .*\.x-kubernetes-validations\[0\]\.unknownField"
)
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "walk"}}
SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "walk"}}
_TYPED = re.compile(r"\.(\S+): ")


class Kind(NamedTuple):
    """A kind that the server lets a client create."""

    root: str
    resource: str
    namespaced: bool


class Case(NamedTuple):
    """A change and its name."""

    label: str
    old: dict[str, Any]
    new: dict[str, Any]


class Server:
    """The API server, with the kinds that it serves when it is bare."""

    def __init__(self, api: Api) -> None:
        self.api = api
        groups = api.get("/apis")["groups"]
        roots = {"v1": "/api/v1"} | {
            each["groupVersion"]: f"/apis/{each['groupVersion']}" for group in groups for each in group["versions"]
        }
        self.kinds = {
            (version, each["kind"]): Kind(root, each["name"], each["namespaced"])
            for version, root in roots.items()
            for each in api.get(root)["resources"]
            if "/" not in each["name"] and {"create", "patch"} <= set(each["verbs"])
        }

    def path(self, item: dict[str, Any]) -> str:
        """The address of an object."""
        kind = self.kinds[(item["apiVersion"], item["kind"])]
        inside = f"/namespaces/{item['metadata'].get('namespace')}" if kind.namespaced else ""
        return f"{kind.root}{inside}/{kind.resource}/{item['metadata']['name']}"

    def create(self, item: dict[str, Any]) -> None:
        """Apply an object, which has to succeed; a definition is established then."""
        code, answer = self.api.apply(self.path(item), item)
        assert code in (200, 201), f"{item['kind']}: {answer}"
        if item["kind"] == "CustomResourceDefinition":
            retrying = Retrying(stop=stop_after_delay(60), wait=wait_fixed(0.1), retry=retry_if_result(operator.not_))
            retrying(self.established, item)

    def established(self, definition: dict[str, Any]) -> bool:
        """Whether the server serves the kind."""
        conditions = self.api.get(self.path(definition)).get("status", {}).get("conditions") or []
        return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)

    def answer(self, new: dict[str, Any]) -> tuple[int, Any]:
        """What the server answers to a change, which it only tries."""
        return self.api.apply(self.path(new), new, dry_run=True)

    @cache  # noqa: B019, there is one
    def schemas(self, root: str) -> dict[str, Schema]:
        """The schemas of a version of an API."""
        found: dict[str, Schema] = self.api.get(f"/openapi/v3{root}")["components"]["schemas"]
        return found

    def cases(self) -> Iterator[Case]:
        """The changes of every seed."""
        for seed in SEEDS:
            group, _, version = seed["apiVersion"].rpartition("/")
            kind = {"group": group, "version": version, "kind": seed["kind"]}
            schemas = self.schemas(self.kinds[(seed["apiVersion"], seed["kind"])].root)
            schema = next(each for each in schemas.values() if kind in each.get("x-kubernetes-group-version-kind", []))
            for label, new in Walk(schemas).changes(seed, schema):
                shown = f"{seed['kind']} {seed['apiVersion']} {label}"
                if zlib.crc32(shown.encode()) % SHARE == 0:
                    yield Case(shown, seed, new)


@pytest.fixture(scope="module")
def server(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with api_support.running(tmp_path_factory.mktemp("api")) as api:
        found = Server(api)
        for item in (SPACE, ACCOUNT):
            found.create(item)
        yield found


def test_there_is_a_seed_of_every_kind(server: Server) -> None:
    assert {(seed["apiVersion"], seed["kind"]) for seed in SEEDS} == server.kinds.keys() - NO_SEED


def test_every_change_is_answered_as_the_api_server_answers_it(server: Server) -> None:
    for seed in SEEDS:
        server.create(seed)
    cases = list(server.cases())
    predicted = check([Change(case.old, case.new) for case in cases])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda case: server.answer(case.new), cases))
    differ = [
        f"{case.label}\n    apicheck: {shown(verdict)}\n    the server: {code} {str(answer)[:600]}"
        for case, verdict, (code, answer) in zip(cases, predicted, answers, strict=True)
        if problems(verdict) != causes(code, answer) and not EXPLAINED.match(case.label)
    ]
    assert not differ, f"{len(differ)} of {len(cases)} differ:\n" + "\n".join(differ)
    assert len(cases) > 700


@pytest.mark.parametrize(("number", "pair"), [*enumerate(PAIRS)], ids=[pair["name"] for pair in PAIRS])
def test_the_pairs_are_what_the_api_server_answers(server: Server, number: int, pair: dict[str, Any]) -> None:
    old, new = (named(pair[state], f"pair-{number}") for state in ("old", "new"))
    server.create(old)
    code, answer = server.answer(new)
    assert {field for _, field in causes(code, answer)} == set(pair.get("refused", []))


def named(item: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name that no other pair has, unless its kind gives it the name."""
    about = item["metadata"]
    return item | {"metadata": about | {"name": name}} if about["name"] == "pair" else item


def shown(verdict: Verdict) -> list[str]:
    return [*(f"old: {each}" for each in verdict.old), *(f"{each.type} {each}" for each in verdict.new)]


def problems(verdict: Verdict) -> set[tuple[str, str]] | str:
    """The type and the field of each problem."""
    return "no answer" if verdict.unknown or verdict.old else {(each.type, each.field) for each in verdict.new}


def causes(code: int, answer: Any) -> set[tuple[str, str]]:
    """The same of the server's answer."""
    if code < 300:
        return set()
    if isinstance(answer, str):  # its own code failed
        return {("InternalError", "")}
    if "typed patch object" in answer["message"]:
        return {("Typed", field) for field in _TYPED.findall(answer["message"])}
    found = (answer.get("details") or {}).get("causes") or []
    return {(each["reason"].removeprefix("FieldValue"), each.get("field", "")) for each in found} or {
        (answer.get("reason", ""), "")
    }

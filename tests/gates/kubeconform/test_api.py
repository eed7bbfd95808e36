"""The kinds and the rows of the gate kubeconform, against a real API server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import api_support
from api_support import Api
from kubeconform_support import Case, custom_resources, objects
from penstock.core.yaml import parse
from penstock.gates.kubeconform.kubernetes import FILES, Kind, schemas
from penstock.tools import apicheck, kubeconform
from penstock.tools.pins import PROGRAMS

ROWS = [*custom_resources(), *objects()]
VERSION = PROGRAMS["kube-apiserver"].version
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "town"}}
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Resource(NamedTuple):
    """The URL path of a kind's objects."""

    name: str
    namespaced: bool
    verbs: list[str]


@pytest.fixture(scope="module")
def api(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_support.running(tmp_path_factory.mktemp("api")) as running:
        assert running.apply("/api/v1/namespaces/town", NAMESPACE)[0] == 201
        yield running


@pytest.fixture(scope="module")
def builtin(api: Api) -> dict[Kind, Resource]:
    """The kinds that the server serves without definitions."""
    return discover(api)


def discover(api: Api) -> dict[Kind, Resource]:
    groups = api.get("/apis")["groups"]
    versions = ["v1", *(version["groupVersion"] for group in groups for version in group["versions"])]
    return {
        Kind.of(version, found["kind"]): Resource(found["name"], found["namespaced"], found["verbs"])
        for version in versions
        for found in api.get(root(version))["resources"]
        if "/" not in found["name"]
    }


def root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def test_every_kind_that_the_api_server_serves_has_a_schema_and_no_other_passes(
    builtin: dict[Kind, Resource], tmp_path: Path
) -> None:
    served = {kind for kind, resource in builtin.items() if "patch" in resource.verbs}
    package = schemas(VERSION)
    assert package.served() == served
    package.write(served, tmp_path)
    (tmp_path / "objects").mkdir()
    for number, kind in enumerate(served):
        (tmp_path / "objects" / f"{number}.yaml").write_text(json.dumps(smallest(kind)))
    verdicts = kubeconform.validate(tmp_path / "objects", tmp_path / FILES)
    assert len(verdicts) == len(served)
    assert [verdict.kind for verdict in verdicts if verdict.is_skipped] == []


@pytest.mark.parametrize("version", ["1.35.0", "1.36.0", "1.37.0"])
def test_every_kind_with_a_schema_is_one_that_the_version_serves(programs: None, version: str) -> None:
    """The version doesn't serve kinds of other versions."""
    package = schemas(version)
    kinds = sorted(package.names)
    verdicts = apicheck.check([apicheck.Change(None, smallest(kind)) for kind in kinds], version=version)
    known = {kind for kind, verdict in zip(kinds, verdicts, strict=True) if not verdict.unknown}
    assert known == package.served()


def smallest(kind: Kind) -> dict[str, Any]:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "a"}}


@pytest.fixture(scope="module")
def answers(api: Api, builtin: dict[Kind, Resource]) -> dict[str, str]:
    """Row -> the API server's error about its object."""
    api.close()  # the server drops a connection that was idle for 90 s; the next request opens another
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "town"}}
    assert api.apply("/api/v1/namespaces/town/serviceaccounts/default", account)[0] in (200, 201)
    for case in filter(lambda case: case.definition, ROWS):
        item = parse(case.definition, case.row)
        code, answer = api.apply(f"{DEFINITIONS}/{item['metadata']['name']}", item)
        assert code == 201, answer
    kinds = {Kind.of(case.item["apiVersion"], case.item["kind"]) for case in ROWS if case.definition}
    until = time.monotonic() + 60
    while not kinds <= (found := discover(api)).keys():
        assert time.monotonic() < until, "the definitions are not served"
        time.sleep(0.1)
    return {case.row: answer_to(api, case, found) for case in ROWS}


def answer_to(api: Api, case: Case, found: dict[Kind, Resource]) -> str:
    item = case.item
    resource = found.get(Kind.of(item["apiVersion"], item["kind"]))
    if resource is None:
        return "not found"
    inside = f"namespaces/{item['metadata'].get('namespace', 'town')}/" if resource.namespaced else ""
    path = f"{root(item['apiVersion'])}/{inside}{resource.name}/{item['metadata']['name']}"
    if case.again:
        assert api.apply(path, item)[0] == 201
    code, answer = api.apply(path, item, dry_run=True)
    return "" if code < 300 else str(answer["message"])


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.row)
def test_a_row_has_the_answer_of_the_api_server(answers: dict[str, str], case: Case) -> None:
    expected = case.answer or case.says
    answer = answers[case.row]
    assert bool(answer) == bool(expected), answer
    for text in expected:
        assert text in answer

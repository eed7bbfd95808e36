"""Outcomes of a check: passed, failed with where to look, or not applicable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.cluster.smoke.check import Check, CheckFailed, NotApplicable, World, carry_out, is_simulated, wait
from penstock.cluster.smoke.checks import CHECKS
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from smoke_support import DEADLINE, Fake, world

KWOK: dict[str, Any] = {"metadata": {"name": "node-0", "annotations": {"kwok.x-k8s.io/node": "fake"}}}
REAL: dict[str, Any] = {"metadata": {"name": "server-0"}}
API = {"kind": "Deployment", "metadata": {"name": "api", "namespace": "demo"}}


def good(_: World, __: Step, ___: float) -> str:
    return "seen"


def bad(_: World, __: Step, ___: float) -> str:
    raise CheckFailed("not seen")


def test_passed_and_failed() -> None:
    passed = carry_out(Check("a", good, "the log"), world(Fake()), simulated=False)
    assert (passed.result, passed.says, passed.look) == ("passed", "seen", "")
    failed = carry_out(Check("a", bad, "the log"), world(Fake()), simulated=False)
    assert (failed.result, failed.says, failed.look) == ("failed", "not seen", "the log")


def test_without_pods_a_check_of_pods_is_not_applicable() -> None:
    ended = carry_out(Check("a", good, "the log"), world(Fake()), simulated=True)
    assert (ended.result, ended.says) == ("not applicable", "no pod runs here: the nodes are simulated")
    assert carry_out(Check("a", bad, "the log", pods=False), world(Fake()), simulated=True).result == "failed"


def test_without_its_object_a_check_is_not_applicable() -> None:
    check = Check("a", good, "the log", needs=("Deployment", "demo", "api"))
    ended = carry_out(check, world(Fake()), simulated=False)
    assert (ended.result, ended.says) == ("not applicable", "this environment has no Deployment demo/api")
    assert carry_out(check, world(Fake(), demo=[API]), simulated=False).result == "passed"


def test_a_check_of_a_stand_in_is_not_run() -> None:
    check = Check("a", bad, "the log", proves=("loki", "tempo"))
    ended = carry_out(check, replace(world(Fake()), stand_ins=frozenset({"tempo", "grafana"})), simulated=False)
    assert (ended.result, ended.says, ended.look) == ("stand-in", "the image is a stand-in: tempo", "")
    other = replace(world(Fake()), stand_ins=frozenset({"grafana"}))
    assert carry_out(check, other, simulated=False).result == "failed"


def test_a_check_that_can_not_be_judged_yet_is_not_applicable() -> None:
    def early(_: World, __: Step, ___: float) -> str:
        raise NotApplicable("due in an hour")

    ended = carry_out(Check("a", early, "the log"), world(Fake()), simulated=False)
    assert (ended.result, ended.says, ended.look) == ("not applicable", "due in an hour", "")


def test_a_bug_is_not_a_failed_check() -> None:
    def broken(_: World, __: Step, ___: float) -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        carry_out(Check("a", broken, "the log"), world(Fake()), simulated=False)


@pytest.mark.parametrize(("nodes", "expected"), [([KWOK], True), ([KWOK, KWOK], True), ([KWOK, REAL], False)])
def test_a_cluster_is_simulated_only_if_all_nodes_are(nodes: list[Any], expected: bool) -> None:
    assert is_simulated(Fake(answers={"get nodes": {"items": nodes}})) is expected


def test_a_cluster_without_nodes() -> None:
    with pytest.raises(PenstockError, match="the cluster has no nodes"):
        is_simulated(Fake(answers={"get nodes": {"items": []}}))


def test_an_expired_wait_reports_the_last_error() -> None:
    complaints = iter(["first", "second"])

    def probe() -> str:
        raise CheckFailed(next(complaints, "last"))

    with pytest.raises(PenstockError, match=r"^last \(waited 0\.15 s\)$"):
        wait(probe, DEADLINE, Step("test"), "it")


def test_a_wait_ends_with_the_first_result() -> None:
    answers = iter([CheckFailed("not yet"), None, "there"])

    def probe() -> str | None:
        answer = next(answers)
        if isinstance(answer, PenstockError):
            raise answer
        return answer

    assert wait(probe, 5, Step("test"), "it") == "there"


def test_every_check_has_a_name_a_deadline_and_a_place_to_look() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.look and 0 < check.seconds <= 480 for check in CHECKS)
    assert {check.name for check in CHECKS if not check.pods} == {"nodes", "kustomizations", "unchanged"}

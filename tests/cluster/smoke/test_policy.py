"""The checks of Services and policies, with a healthy cluster and with faulty ones."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import pytest

from penstock.cluster.smoke import pods, policy
from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result, run
from smoke_support import Answers, Fake, fails, passes, recorded, world

TOKEN = "penstock-smoke-0123"
ANSWER = f"answer: {TOKEN}\n"
SERVICE = {"spec": {"clusterIP": "10.96.0.7"}}
LATE = "none: timed out\n"


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0123")


def pod(name: str, ready: str = "True", **status: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    return {"metadata": {"name": name}, "status": {"podIP": f"10.1.0.{len(name)}", "conditions": conditions, **status}}


BOTH = {"items": [pod("server"), pod("client")]}
KNOWN = [
    {
        "spec": {
            "id": 7,
            "frontend-address": {"ip": "10.96.0.7", "port": 80, "protocol": "TCP"},
            "backend-addresses": [{"ip": "10.1.0.6", "port": 8080, "state": "active"}],
        }
    },
    {"spec": {"frontend-address": {"ip": "10.96.0.1"}, "backend-addresses": None}},
]


def cluster(asked: Any = ANSWER, known: Any = KNOWN, **others: Any) -> Fake:
    answers: Answers = {
        "delete namespace": "",
        "delete networkpolicy": "",
        "apply": "",
        "get pods": BOTH,
        "get service server": SERVICE,
        "exec client": asked,
        "exec daemonset/cilium": known if isinstance(known, (str, int)) else json.dumps(known),
    }
    return Fake(answers={**others.pop("first", {}), **answers, **others})


def removed(fake: Fake) -> int:
    return sum(line.startswith("delete namespace penstock-smoke") for line in fake.asked)


def test_a_service_reaches_its_pod() -> None:
    fake = cluster()
    assert passes(policy.services, world(fake)) == "10.96.0.7 reaches 10.1.0.6 by Cilium's agent"
    assert removed(fake) == 2
    assert fake.asked[-1].startswith("delete namespace")
    assert any("http://10.96.0.7/" in line for line in fake.asked)


def test_a_service_in_a_recorded_answer() -> None:
    pods = {"items": [pod("server", podIP="10.244.0.202"), pod("client")]}
    answers = {"get pods": pods, "get service server": {"spec": {"clusterIP": "10.96.11.114"}}}
    fake = cluster(known=recorded("cilium-services.json"), **answers)
    assert passes(policy.services, world(fake)) == "10.96.11.114 reaches 10.244.0.202 by Cilium's agent"


@pytest.mark.parametrize(
    ("asked", "known", "said"),
    [
        (LATE, KNOWN, "10.96.0.7 (pod 10.1.0.6) can't be reached from another pod: timed out"),
        ("none: \n", KNOWN, "10.96.0.7 (pod 10.1.0.6) can't be reached from another pod: no answer"),
        ("answer: other\n", KNOWN, "http://10.96.0.7 answers unexpectedly: 'answer: other'"),
        ("", KNOWN, "http://10.96.0.7 answers unexpectedly: ''"),
        (1, KNOWN, "pod client can't run a command: Error (NotFound)"),
        (
            ANSWER,
            [],
            "10.96.0.7 reaches 10.1.0.6, but not by Cilium's agent; its backends are: none",
        ),
        (ANSWER, KNOWN[1:], "10.96.0.7 reaches 10.1.0.6, but not by Cilium's agent; its backends are: none"),
        (ANSWER, "ID  Frontend", "cilium-dbg service list answers unexpectedly"),
        (ANSWER, 1, "Cilium's agent can't run cilium-dbg: Error (NotFound)"),
    ],
)
def test_a_service_that_does_not_reach_its_pod(asked: Any, known: Any, said: str) -> None:
    fake = cluster(asked, known)
    assert fails(policy.services, world(fake)).startswith(said)
    assert fake.asked[-1].startswith("delete namespace")
    assert removed(fake) == 2


def test_an_answer_that_comes_late_is_waited_for() -> None:
    assert passes(policy.services, world(cluster([LATE, 1, ANSWER]))).startswith("10.96.0.7 reaches")


def test_a_policy_denies_while_it_exists() -> None:
    fake = cluster([LATE, ANSWER, ANSWER, LATE, LATE, ANSWER])
    assert passes(policy.policy, world(fake)) == "answered, was denied by a policy, and answered without it"
    (deny,) = [item for text in fake.stdin for item in yaml.parse_all(text) if item and item["kind"] == "NetworkPolicy"]
    assert deny["spec"] == {"podSelector": {"matchLabels": {"app": "server"}}, "policyTypes": ["Ingress"]}
    assert removed(fake) == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([ANSWER], "a policy denies all traffic, but 10.96.0.7 still answers (waited"),
        ([ANSWER, "none: refused"], "a policy denies all traffic, but 10.96.0.7 still responds with 'refused'"),
        ([ANSWER, "rubbish"], "http://10.96.0.7 answers unexpectedly: 'rubbish'"),
        ([LATE], "10.96.0.7 (pod 10.1.0.6) can't be reached from another pod: timed out"),
        # Not denied, but dead: what doesn't answer without the policy either was not the policy's doing.
        ([ANSWER, LATE], "10.96.0.7 (pod 10.1.0.6) can't be reached from another pod: timed out"),
    ],
)
def test_a_policy_that_does_not_deny(asked: list[Any], said: str) -> None:
    fake = cluster(asked)
    assert fails(policy.policy, world(fake)).startswith(said)
    assert fake.asked[-1].startswith("delete namespace")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "pod server is not Ready: missing; pod client is not Ready: missing"),
        (
            [
                pod("server", "False", containerStatuses=[{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]),
                pod("client", "False", phase="Pending"),
            ],
            "pod server is not Ready: ImagePullBackOff; pod client is not Ready: Pending",
        ),
        (
            [
                pod("client"),
                {
                    "metadata": {"name": "server"},
                    "status": {
                        "conditions": [
                            {"type": "PodScheduled", "reason": "Unschedulable", "status": "False", "message": "no node"}
                        ]
                    },
                },
            ],
            "pod server is not Ready: no node",
        ),
    ],
)
def test_pods_that_do_not_run(found: list[Any], said: str) -> None:
    fake = cluster(**{"get pods": {"items": found}})
    assert fails(policy.services, world(fake)).startswith(said)
    assert fake.asked[-1].startswith("delete namespace")


def test_a_namespace_that_refuses_pods() -> None:
    assert "kubectl failed" in fails(policy.services, world(cluster(apply=["", 1])))


def test_a_service_without_an_address() -> None:
    fake = cluster(**{"get service server": {"spec": {"clusterIP": "None"}}})
    assert fails(policy.services, world(fake)) == "Service penstock-smoke/server got no address"


def test_a_remaining_namespace_is_reported_with_the_error() -> None:
    said = fails(policy.services, world(cluster(LATE, **{"delete namespace": ["", 1]})))
    assert said.startswith("10.96.0.7 (pod 10.1.0.6) can't be reached from another pod: timed out")
    assert "; and namespace penstock-smoke can't be removed: kubectl failed" in said


@pytest.mark.parametrize("answers", [["", 1], [1]])
def test_a_remaining_namespace_is_a_failure(answers: list[Any]) -> None:
    said = fails(policy.services, world(cluster(**{"delete namespace": answers})))
    assert said.startswith("namespace penstock-smoke can't be removed: kubectl failed")


def test_an_interrupted_check_removes_its_namespace_too(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = cluster()

    def interrupted(_: pods.Pair) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(pods.Pair, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        passes(policy.services, world(fake))
    assert fake.asked[-1].startswith("delete namespace")


def test_the_pods_meet_the_level_restricted() -> None:
    fake = cluster()
    passes(policy.services, world(fake))
    made = [item for text in fake.stdin for item in yaml.parse_all(text) if item]
    (namespace,) = [item for item in made if item["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    specs = [item["spec"] for item in made if item["kind"] == "Pod"]
    assert len(specs) == 2
    for spec in specs:
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert "resources" in container


@pytest.mark.parametrize(
    ("wget", "said"),
    [
        ("echo tok", ""),
        ("echo other", "http://10.96.0.7 answers unexpectedly: 'answer: other'"),
        ("echo refused >&2; exit 1", "refused"),
        ("exit 1", "no answer"),
        ("exit 124", "timed out"),
        ("exit 143", "timed out"),
    ],
)
def test_the_client_s_script(wget: str, said: str, tmp_path: Path) -> None:
    """Run the script in a real shell, with a fake wget."""
    for name, text in (("wget", wget), ("timeout", 'shift; exec "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    class Shell(Fake):
        def run(self, *words: Any, **_: Any) -> Result:
            argv = [str(word) for word in words[words.index("--") + 1 :]]
            return run(Command(argv, env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}))

    client = pods.Pair(Shell(), "tok", "10.96.0.7", "10.1.0.6")
    try:
        found = client.ask()
    except PenstockError as error:
        found = error.message
    assert found == said

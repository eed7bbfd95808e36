"""The DNS check in a pod, with a fake kubectl."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock.cluster import dns, phases
from penstock.cluster.actions import execute
from penstock.cluster.providers.k3d import K3d
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.providers.provider import Provider
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, State
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result
from penstock.platform.cluster import Cluster
from penstock.platform.layout import Layout
from penstock.tools.kubectl import Kubectl

ENDED: dict[str, Any] = {"cluster": {"terminated": {"exitCode": 0}}, "external": {"terminated": {"exitCode": 0}}}


@dataclass(frozen=True)
class Fake(Kubectl):
    """A cluster with one pod, whose containers have these states and logs."""

    kubeconfig: Path = Path("none")
    states: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def run(
        self, *words: str | Path, stdin: bytes | None = None, timeout: float = 60, ok: tuple[int, ...] = (0,)
    ) -> Result:
        said = tuple(map(str, words))
        self.asked.append(said)
        text = ""
        if said[0] == "get":
            statuses = [{"name": name, "state": state} for name, state in self.states.items()]
            text = json.dumps({"status": {"phase": "Pending", "containerStatuses": statuses}})
        elif said[0] == "logs":
            text = self.logs[said[-1]]
        return Result(Command(["kubectl", *said]), 0, text.encode(), b"", 0.0)


def check(fake: Fake, timeout: float = 5.0) -> str:
    return dns.check(fake, "cluster.local", timeout, Step("test"))


def test_both_names_resolve_and_the_pod_is_removed() -> None:
    fake = Fake(states=ENDED)
    assert check(fake) == "kubernetes.default.svc.cluster.local and github.com resolve from a pod"
    assert fake.asked[-1][:3] == ("delete", "pod", "penstock-dns-check")


def test_a_failing_name_is_reported_with_the_log_of_nslookup() -> None:
    states = {**ENDED, "external": {"terminated": {"exitCode": 1}}}
    fake = Fake(states=states, logs={"external": "Server: 10.43.0.10\n;; connection timed out\n"})
    with pytest.raises(PenstockError, match=r"^a pod can't resolve github\.com: ;; connection timed out$") as caught:
        check(fake)
    assert "inv coredns-update" in caught.value.hint
    assert fake.asked[-1][0] == "delete"


@pytest.mark.parametrize(
    ("provider", "said"), [(Kwok(), "names not checked, no pod runs"), (K3d(), "resolved example.org in 7.0 s")]
)
def test_phase_1_checks_names_where_pods_run(
    provider: Provider, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = ClusterState(provider=provider.name, environment="local")
    session = Session(
        Layout(tmp_path), "local", State(tmp_path), recorded, 7.0, provider, Cluster(domain="example.org")
    )
    monkeypatch.setattr(dns, "check", lambda _, domain, seconds, __: f"resolved {domain} in {seconds} s")
    step = Step("test")
    assert execute(session, phases.names(session, step), step) == [said]


def test_a_pod_that_never_runs_is_reported_with_its_reason() -> None:
    states = {**ENDED, "external": {"waiting": {"reason": "ImagePullBackOff"}}}
    with pytest.raises(PenstockError, match="did not finish: it is ImagePullBackOff"):
        check(Fake(states=states), timeout=0.2)

"""Phase 4: Flux's inventories, changes of a dry run, and changes by Flux's adoption."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock.cluster import flux_pods, ownership
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, State
from penstock.core import yaml
from penstock.core.console import Step
from penstock.core.errors import Findings, PenstockError
from penstock.core.process import Command, Result
from penstock.gitops import objects, status
from penstock.platform.cluster import Cluster
from penstock.platform.layout import Layout
from penstock.tools.kubectl import Kubectl

DAEMON = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "net", "namespace": "kube-system"}}
ALERT = {
    "apiVersion": "notification.toolkit.fluxcd.io/v1beta3",
    "kind": "Alert",
    "metadata": {"name": "broken", "namespace": "flux-system"},
}
ROOT, OWN = "flux-system_net_kustomize.toolkit.fluxcd.io_Kustomization", "kube-system_net_apps_DaemonSet"


@dataclass(frozen=True)
class Fake(Kubectl):
    """A cluster with one DaemonSet with this generation, inventory, and output of a dry run."""

    kubeconfig: Path = Path("none")
    generation: int = 1
    inventory: tuple[str, ...] = (OWN,)
    diff_code: int = 0
    diff_text: str = ""
    asked: list[str] = field(default_factory=list)
    tried: list[bytes] = field(default_factory=list)

    def run(
        self, *words: str | Path, stdin: bytes | None = None, timeout: float = 60, ok: tuple[int, ...] = (0,)
    ) -> Result:
        said = [str(word) for word in words]
        self.asked.append(said[0])
        code, text, complaint = 0, "", ""
        if said[0] == "diff":
            self.tried.append(stdin or b"")
            code, text, complaint = self.diff_code, self.diff_text, "error: it broke"
        elif said[1] == status.KUSTOMIZATIONS:
            text = json.dumps({"items": [_owner("platform", ROOT), _owner("net", *self.inventory)]})
        else:
            text = json.dumps({**DAEMON, "metadata": {**DAEMON["metadata"], "generation": self.generation}})  # type: ignore[dict-item]
        return Result(Command(["kubectl", *said]), code, text.encode(), complaint.encode(), 0.0)


def _owner(name: str, *entries: str) -> dict[str, Any]:
    inventory = {"entries": [{"id": entry, "v": "v1"} for entry in entries]}
    return {"metadata": {"name": name, "generation": 1}, "spec": {}, "status": {"inventory": inventory}}


@dataclass(frozen=True)
class Faked(Session):
    """A session whose kubectl is a fake."""

    fake: Fake = field(default_factory=Fake)

    @property
    def kubectl(self) -> Fake:
        return self.fake


def session(folder: Path, fake: Fake, *more: dict[str, Any]) -> Faked:
    tree = folder / "manifests" / "local"
    for place, item in (
        ("flux-system/kustomization-net.yaml", objects.component("local", "net", [])),
        *((f"net/{item['kind'].lower()}.yaml", item) for item in (DAEMON, *more)),
    ):
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        (tree / place).write_text(yaml.dump(item))
    recorded = ClusterState(provider="kwok", environment="local", bootstrapped={OWN: 1})
    state = State(folder / "state")
    state.prepare()
    return Faked(Layout(folder), "local", state, recorded, 5.0, Kwok(), Cluster(bootstrap=["net"]), fake=fake)


def test_owned_and_unchanged_objects_pass(tmp_path: Path) -> None:
    here = session(tmp_path, Fake())
    assert ownership.prove(here, Step("test")) == "1 objects, all owned by Flux, and none would change"
    # Compared once: later changes of its spec are edits.
    assert here.recorded.bootstrapped == {}


def test_objects_changed_by_adoption_are_reported(tmp_path: Path) -> None:
    with pytest.raises(Findings) as caught:
        ownership.prove(session(tmp_path, Fake(generation=2)), Step("test"))
    assert caught.value.findings == [f"{OWN} was changed when Flux adopted it: generation 1, now 2"]


@pytest.mark.parametrize(
    ("inventory", "said"),
    [
        ((), "DaemonSet net is in manifests/local, but in no Flux inventory"),
        ((OWN, "a_b__ConfigMap"), "a_b__ConfigMap is in a Flux inventory, but not in manifests/local"),
    ],
)
def test_missing_and_extra_entries_are_reported(inventory: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(Findings) as caught:
        ownership.prove(session(tmp_path, Fake(inventory=inventory)), Step("test"))
    assert caught.value.findings == [said]


def test_a_difference_is_drift_and_a_failing_dry_run_is_not(tmp_path: Path) -> None:
    text = (
        "diff -u /live/apps.v1.DaemonSet.kube-system.net /merged/apps.v1.DaemonSet.kube-system.net\n-  a: 1\n+  a: 2\n"
    )
    with pytest.raises(ownership.Drifted, match=r"1 objects would change: apps\.v1\.DaemonSet\.kube-system\.net"):
        ownership.prove(session(tmp_path / "a", Fake(diff_code=1, diff_text=text)), Step("test"))
    with pytest.raises(PenstockError, match=r"^error: it broke$") as caught:
        ownership.prove(session(tmp_path / "b", Fake(diff_code=1)), Step("test"))
    assert not isinstance(caught.value, ownership.Drifted)


def test_objects_that_flux_ignores_may_differ(tmp_path: Path) -> None:
    once = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "once",
            "namespace": "kube-system",
            "annotations": {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"},
        },
    }
    fake = Fake(inventory=(OWN, "kube-system_once__ConfigMap"))
    assert ownership.prove(session(tmp_path, fake, once), Step("test")).startswith("2 objects, all owned by Flux")
    (tried,) = fake.tried
    assert b"DaemonSet" in tried
    assert b"once" not in tried


def test_only_alerts_need_the_controller_that_sends_them(tmp_path: Path) -> None:
    usual = ["source-controller", "kustomize-controller"]
    assert flux_pods.controllers(session(tmp_path / "a", Fake())) == usual
    assert flux_pods.controllers(session(tmp_path / "b", Fake(), ALERT)) == [*usual, "notification-controller"]

"""k3d, flux and docker at their worst: one clear line, nothing is left, and the next `inv up` or `inv down` copes."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from docker_support import asked, fakes
from penstock.core.errors import PenstockError
from penstock.tools import k3d, on_path
from penstock.verbs.options import Target
from penstock.verbs.up import down, up
from support import Platform, copy_platform


@dataclass(frozen=True)
class Machine:
    """A platform on a machine whose docker, k3d and flux are fakes."""

    platform: Platform
    fakes: Path

    def up(self, provider: str = "k3d", timeout: int = 60) -> PenstockError:
        """What `inv up` is refused with; the timeout is in seconds."""
        with contextlib.chdir(self.platform.root), pytest.raises(PenstockError) as refused:
            up(Target(provider=provider, timeout=timeout), 0, merge=False)
        return refused.value

    def down(self) -> None:
        with contextlib.chdir(self.platform.root):
            down(Target())

    @property
    def left(self) -> list[str]:
        """What there is in docker, but for the caches of images, which stay."""
        kinds = ("containers", "networks", "volumes")
        found = sorted(path.name for kind in kinds for path in (self.fakes / kind).glob("*"))
        return [name for name in found if not name.startswith("penstock-cache-")]

    @property
    def state(self) -> Path:
        return self.platform.root / ".penstock" / "local"


@pytest.fixture(scope="module")
def whole(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_platform("a-platform-in-docker", tmp_path_factory.mktemp("docker") / "platform")
    made.hydrate()
    made.commit("Hydrate")
    return made.root


@pytest.fixture
def machine(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name, value in fakes(tmp_path / "fakes").items():
        monkeypatch.setenv(name, value)
    return Machine(Platform(Path(shutil.copytree(whole, tmp_path / "platform"))), tmp_path / "fakes")


Misbehave = Callable[[str, str], None]


@pytest.fixture
def misbehave(monkeypatch: pytest.MonkeyPatch) -> Misbehave:
    return lambda program, mood: monkeypatch.setenv(f"FAKE_{program.upper()}", mood)


def test_a_creation_that_fails_leaves_nothing_and_says_why(machine: Machine, misbehave: Misbehave) -> None:
    misbehave("k3d", "no image")
    refused = machine.up()
    assert refused.message == (
        "the cluster was not made: failed Cluster Creation: docker failed to pull image 'k3s': no such host"
    )
    assert machine.left == []
    machine.down()
    assert not machine.state.exists()
    assert (machine.fakes / "containers" / "penstock-cache-registry-example").exists()


def test_a_cluster_that_was_half_made_is_for_down_to_clear(machine: Machine, misbehave: Misbehave) -> None:
    misbehave("k3d", "half")
    refused = machine.up()
    assert refused.message == "the cluster was not made: Cluster creation FAILED, rollback deactivated."
    assert machine.left == ["k3d-tiny", "k3d-tiny-images", "k3d-tiny-server-0"]
    assert machine.up().message == "the cluster was only half made: k3d-tiny-server-0"
    machine.down()
    assert asked(machine.fakes, "k3d cluster delete") == ["k3d cluster delete tiny"]
    assert machine.left == []


def test_a_creation_that_hangs_is_ended(
    machine: Machine, misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(k3d, "GRACE_SECONDS", 0.5)
    misbehave("k3d", "hanging")
    refused = machine.up(timeout=1)
    assert refused.message == "the cluster was not made: k3d was still running after 2 s and was ended"
    assert "`inv down` clears away what is left" in refused.hint
    machine.down()
    assert machine.left == []


def test_a_creation_that_makes_nothing_and_ends_well_is_not_believed(machine: Machine, misbehave: Misbehave) -> None:
    misbehave("k3d", "nonsense")
    assert machine.up().message == "k3d ended well, but there is no container of tiny"


def test_what_is_left_of_a_creation_that_was_killed_goes_with_down(machine: Machine, misbehave: Misbehave) -> None:
    misbehave("k3d", "nonsense")
    machine.up()
    for kind, name in (("networks", "k3d-tiny"), ("volumes", "k3d-tiny-images"), ("networks", "k3d-other")):
        (machine.fakes / kind).mkdir(exist_ok=True)
        (machine.fakes / kind / name).write_text("k3d.cluster=tiny" if kind == "volumes" else "")
    machine.down()
    assert machine.left == ["k3d-other"]
    assert asked(machine.fakes, "k3d cluster delete") == []


@pytest.mark.parametrize(
    ("program", "mood", "message"),
    [
        ("k3d", "old", "k3d 5.8.3 is on PATH, and 5.9.0 is pinned"),
        ("k3d", "silent", "k3d does not say its version"),
        ("flux", "old", "flux 2.3.0 is on PATH, and 2.9.4 is pinned"),
        ("flux", "silent", "flux does not say its version"),
        ("docker", "docker 20 without a daemon", "Docker does not answer: Cannot connect to the Docker daemon"),
        ("docker", "little memory", "Docker has 1.0 GiB of memory, and the platform takes 1.3 GiB"),
    ],
)
def test_what_can_be_known_is_said_before_anything_starts(
    machine: Machine, misbehave: Misbehave, program: str, mood: str, message: str
) -> None:
    misbehave(program, mood)
    assert machine.up().message.startswith(message)
    assert asked(machine.fakes, "k3d cluster") == []
    assert not machine.state.exists()


def test_all_that_is_missing_is_said_at_once(machine: Machine, misbehave: Misbehave) -> None:
    for program, mood in (("k3d", "old"), ("flux", "old"), ("docker", "garbage")):
        misbehave(program, mood)
    refused = machine.up()
    assert len(refused.message.splitlines()) == 3
    assert "mise install k3d@5.9.0" in refused.hint
    assert "mise install flux2@2.9.4" in refused.hint


@pytest.mark.parametrize("name", ["k3d", "flux"])
def test_a_program_that_is_not_there(machine: Machine, name: str) -> None:
    (machine.fakes / "bin" / name).unlink()
    assert machine.up().message == f"{name} is not on PATH"


def test_a_program_that_hangs_is_no_reason_to_hang(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_path, "_PATIENCE_SECONDS", 0.5)
    path = machine.fakes / "bin" / "flux"
    path.write_text("#!/bin/sh\nexec sleep 600\n")
    assert "flux was still running after 0 s and was ended" in machine.up().message


def test_a_cluster_of_another_checkout_is_left_alone(machine: Machine) -> None:
    (machine.fakes / "containers").mkdir()
    (machine.fakes / "containers" / "k3d-tiny-server-0").write_text("k3d.cluster=tiny")
    refused = machine.up()
    assert refused.message.startswith("there is a cluster `tiny` already that this checkout did not make")
    assert "k3d cluster delete tiny" in refused.hint
    machine.down()
    assert machine.left == ["k3d-tiny-server-0"]


def test_kind_says_why_too(machine: Machine) -> None:
    assert machine.up("kind").message == (
        "the cluster was not made: failed to create cluster: docker: Error response from daemon: no container runs here"
    )
    assert len(asked(machine.fakes, "docker network create")) == 1
    assert machine.left == []
    machine.down()
    assert not machine.state.exists()


def test_nodes_that_docker_does_not_allow_are_explained(machine: Machine, misbehave: Misbehave) -> None:
    assert "privileged" not in machine.up("kind").hint
    machine.down()
    misbehave("docker", "no privileges")
    refused = machine.up("kind")
    assert refused.message.endswith("docker: Error response from daemon: mount proc: operation not permitted")
    assert refused.hint.startswith("nodes are privileged containers, which this Docker refuses: ")
    assert machine.left == []


@pytest.mark.parametrize("whose", ["before it", "of another cluster"])
def test_the_network_of_all_clusters_of_kind_stays_when_it_was_there_or_is_used(machine: Machine, whose: str) -> None:
    kind, name = ("networks", "kind") if whose == "before it" else ("containers", "other-control-plane")
    (machine.fakes / kind).mkdir()
    (machine.fakes / kind / name).write_text("io.x-k8s.kind.cluster=other" if kind == "containers" else "")
    machine.up("kind")
    machine.down()
    assert "kind" in machine.left
    assert asked(machine.fakes, "docker network rm") == []


def test_without_docker_there_is_kwok(
    machine: Machine, misbehave: Misbehave, capsys: pytest.CaptureFixture[str]
) -> None:
    misbehave("docker", "docker 28 without a daemon")
    with contextlib.chdir(machine.platform.root):
        up(Target(dry_run=True), 0, merge=False)
    said = capsys.readouterr()
    assert "kwokctl" in said.out
    assert "no k3d: Docker does not answer: Cannot connect" in said.err


def test_down_ends_our_processes_even_when_docker_does_not_answer(machine: Machine, misbehave: Misbehave) -> None:
    misbehave("k3d", "half")
    machine.up()
    misbehave("docker", "hanging")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("penstock.tools.docker._PATIENCE_SECONDS", 0.5)
        with pytest.raises(PenstockError, match="Docker did not answer"):
            machine.down()
    assert machine.state.exists()
    misbehave("docker", "")
    machine.down()
    assert machine.left == []
    assert not machine.state.exists()

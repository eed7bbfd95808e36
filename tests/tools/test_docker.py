"""What docker says at its worst becomes one line and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from docker_support import asked, fakes
from penstock.core.errors import PenstockError
from penstock.tools import docker


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in fakes(tmp_path, "docker").items():
        monkeypatch.setenv(name, value)
    return tmp_path


def refusal(monkeypatch: pytest.MonkeyPatch, mood: str) -> PenstockError:
    monkeypatch.setenv("FAKE_DOCKER", mood)
    with pytest.raises(PenstockError) as refused:
        docker.daemon()
    return refused.value


def test_a_daemon_that_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert docker.daemon() == docker.Daemon("28.2.2", 64 << 30, 4, rootless=False, cgroups="2")
    monkeypatch.setenv("FAKE_DOCKER", "rootless")
    assert docker.daemon().rootless


@pytest.mark.parametrize(
    ("mood", "message"),
    [
        ("docker 20 without a daemon", "Docker does not answer: Cannot connect to the Docker daemon at unix:"),
        ("docker 28 without a daemon", "Docker does not answer: Cannot connect to the Docker daemon at unix:"),
        ("docker without rights", "Docker does not let you in: permission denied while trying to connect"),
        ("garbage", "Docker answers with something else than expected: '<html>502 Bad Gateway</html>'"),
    ],
)
def test_a_daemon_that_does_not(folder: Path, monkeypatch: pytest.MonkeyPatch, mood: str, message: str) -> None:
    refused = refusal(monkeypatch, mood)
    assert refused.message.startswith(message)
    assert "\n" not in refused.message
    assert refused.hint


def test_a_daemon_that_hangs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "_PATIENCE_SECONDS", 1.0)
    assert refusal(monkeypatch, "hanging").message == "Docker did not answer within 1 s"


def test_no_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(monkeypatch, "").message == "docker is not on PATH"


@pytest.mark.parametrize("endpoint", ["tcp://192.0.2.7:2375", "ssh://me@build.example"])
def test_a_daemon_on_another_machine_is_refused_without_a_call(
    folder: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", endpoint)
    assert refusal(monkeypatch, "").message.startswith(f"Docker is on another machine ({endpoint})")
    assert asked(folder, "docker info") == []


@pytest.mark.parametrize(
    "endpoint", ["unix:///run/user/1000/docker.sock", "tcp://127.0.0.1:2375", "npipe:////./pipe/x"]
)
def test_a_daemon_on_this_machine_is_not(folder: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", endpoint)
    assert docker.daemon().version == "28.2.2"


def test_the_gateway_of_a_network_is_its_ipv4_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert docker.gateway("kind") is None
    (folder / "networks").mkdir()
    (folder / "networks" / "kind").touch()
    assert docker.gateway("kind") == "127.0.0.2"
    monkeypatch.setenv("FAKE_DOCKER", "garbage networks")
    with pytest.raises(PenstockError, match="something else than expected"):
        docker.gateway("kind")


def test_the_real_program_without_a_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if not shutil.which("docker"):
        pytest.skip("docker is not on PATH")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert refusal(monkeypatch, "").message.startswith("Docker does not answer: ")


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        (
            "Error response from daemon: toomanyrequests: You have reached your pull rate limit",
            "the registry limits pulls",
        ),
        ("pull access denied for town/server, repository does not exist", "see that the image exists, and log in"),
        ("failed to register layer: write /x: no space left on device", "the disk of Docker is full: inv images-prune"),
        ("OCI runtime create failed: mount proc: operation not permitted", "nodes are privileged containers"),
        ("no container runs here", ""),
    ],
)
def test_what_docker_says_has_its_advice(complaint: str, advice: str) -> None:
    said = docker.advice(complaint)
    assert said.startswith(advice)
    assert bool(said) == bool(advice)

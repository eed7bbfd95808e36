"""Remains of a cluster after `inv down` are reported, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e_support import refused, tried
from penstock.cluster.kubeconfig import users_own
from penstock.core.errors import PenstockError
from penstock.gates.e2e import remains, steps


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker whose output comes from a file for each subcommand."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(f'#!/bin/sh\n. {folder}/answer\n[ ! -f "{folder}/$1" ] || cat "{folder}/$1"\n')
    (folder / "docker").chmod(0o755)
    (folder / "answer").write_text("")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_resources_of_docker_are_reported(tmp_path: Path, docker: Path) -> None:
    (docker / "network").write_text("n1\tkind com.docker.network\nn2\tbridge \n")
    before = remains.look(tmp_path / "nowhere")
    (docker / "ps").write_text("c1\tk3d-penstock-server-0 app=k3d,k3d.cluster=penstock\nc2\tpostgres maintainer=me\n")
    (docker / "network").write_text("n1\tkind com.docker.network\nn2\tbridge \nn3\tk3d-penstock app=k3d\n")
    (docker / "volume").write_text("v1\tcom.docker.volume.anonymous=\nv2\tmine=1\n")
    assert remains.left(before, remains.look(tmp_path / "nowhere")) == [
        "container c1 k3d-penstock-server-0 app=k3d,k3d.cluster=penstock is left",
        "network n3 k3d-penstock app=k3d is left",
        "volume v1 com.docker.volume.anonymous= is left",
    ]


def test_without_a_docker_daemon_there_are_no_resources(tmp_path: Path, docker: Path) -> None:
    (docker / "answer").write_text(
        "echo 'Cannot connect to the Docker daemon at unix:///x. Is it running?' >&2; exit 1\n"
    )
    assert remains.look(tmp_path / "nowhere").things == frozenset()


def test_a_failing_docker_is_an_error(tmp_path: Path, docker: Path) -> None:
    (docker / "answer").write_text("echo 'permission denied while trying to connect' >&2; exit 1\n")
    with pytest.raises(PenstockError, match="docker can't list its containers: permission denied"):
        remains.look(tmp_path / "nowhere")


@contextmanager
def sleeping(*words: str, cwd: Path) -> Iterator[int]:
    argv = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)", *words]
    with subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("inside", [True, False])
def test_processes_that_use_the_folder_are_reported(tmp_path: Path, inside: bool) -> None:
    folder = tmp_path / "trial"
    folder.mkdir()
    run = tried(folder)
    where = {"cwd": folder} if inside else {"cwd": Path("/")}
    words = [] if inside else [f"--data-dir={folder}/platform/x"]
    with sleeping(*words, **where) as pid, pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "_SETTLED_SECONDS", 0.1)
        (line,) = refused(steps.down, run)
    assert line.startswith(f"process {pid} ")
    assert line.endswith(" is left")


def test_a_changed_kubeconfig_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    before = remains.look(tmp_path / "nowhere")
    (tmp_path / "config").write_text("contexts: []\n")
    (line,) = remains.left(before, remains.look(tmp_path / "nowhere"))
    assert line.startswith(f"{users_own()} has changed: no file before, ")


def test_a_remaining_state_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_SETTLED_SECONDS", 0.1)
    run = tried(tmp_path)
    run.trial.state.folder.mkdir(parents=True)
    assert refused(steps.down, run) == [f"{run.trial.state.folder} is left"]

"""`up` that is interrupted, that loses a process, or that has nothing to start from; and what `down` ends then."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from cluster_support import state_of, status
from penstock.platform.layout import ENGINE
from support import copy_platform


def test_a_process_that_ends_during_up_is_reported_and_the_next_up_resumes(
    cluster_programs: None, tmp_path: Path
) -> None:
    platform = copy_platform("a-running-platform", tmp_path / "platform")
    platform.succeed("hydrate")
    try:
        for number, name in enumerate(["kube-apiserver", "kustomize-controller", "git-source"]):
            platform.write("note", str(number))  # so that each `up` has something to wait for
            platform.commit(f"Change {number}")
            with platform.start("up") as started:
                assert started.stderr is not None
                said = ""
                for line in started.stderr:
                    said += line
                    if " of 7 Ready" in line:
                        assert "7 of 7" not in line, said
                        psutil.Process(state_of(platform)["processes"][name]["pid"]).kill()
                        break
                said += started.communicate()[1]
            assert started.returncode == 1, said
            assert f"error: {name} ended by itself: " in said
            assert f"hint: `inv logs {name}` shows all of it; `inv up` starts it again" in said
        platform.succeed("up")
        assert all(item["ready"] for item in status(platform)["kustomizations"])
    finally:
        platform.succeed("down")


@pytest.mark.parametrize("awaited", ["1 cluster: the control plane", "source: source-controller", "Flux to fetch"])
def test_down_ends_all_processes_of_an_interrupted_up(cluster_programs: None, tmp_path: Path, awaited: str) -> None:
    platform = copy_platform("a-running-platform", tmp_path / "platform")
    platform.commit("Start")
    platform.succeed("hydrate")
    with platform.start("up") as started:
        assert started.stderr is not None
        for line in started.stderr:
            if awaited in line:
                break
        started.send_signal(signal.SIGINT)
        started.communicate()
    assert started.returncode == 130
    ended = platform.succeed("down")
    assert "removed" in ended.stderr
    left = [process.cmdline() for process in psutil.process_iter() if mentions(process, tmp_path)]
    assert left == []
    assert "there is no cluster here" in platform.succeed("down").stderr


def mentions(process: psutil.Process, folder: Path) -> bool:
    try:
        return any(str(folder) in word for word in process.cmdline())
    except psutil.Error:
        return False


@pytest.mark.integration
def test_a_folder_without_git_or_without_a_commit_is_refused_before_anything_starts(tmp_path: Path) -> None:
    platform = copy_platform("a-running-platform", tmp_path / "platform")
    platform.succeed("hydrate")
    unborn = platform.run("up")
    assert unborn.returncode == 1
    assert "HEAD has no commit yet" in unborn.stderr
    platform.commit("Start")
    without = platform.run("up", env={"PATH": str(ENGINE / ".venv" / "bin")})
    assert without.returncode == 1
    assert "git is not on PATH" in without.stderr
    assert not (platform.root / ".penstock").exists()


def test_status_without_a_cluster_says_so(tmp_path: Path) -> None:
    platform = copy_platform("a-running-platform", tmp_path / "platform")
    platform.commit("Start")
    refused = platform.run("status")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-2:] == ["error: there is no cluster here", "  hint: run `inv up`"]
    assert not (platform.root / ".penstock").exists()

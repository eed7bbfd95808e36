"""The processes of a cluster: ended, replaced, started again, and gone after `down`.

The tests leave the cluster running.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cluster_support import state_of, status
from penstock.core.layout import ENGINE
from support import Platform, copy_platform


@pytest.mark.parametrize("name", ["kustomize-controller", "source-controller", "git-source"])
def test_an_ended_process_is_restarted(town: Platform, name: str) -> None:
    process = psutil.Process(state_of(town)["processes"][name]["pid"])
    process.kill()
    psutil.wait_procs([process], timeout=10)
    shown = town.succeed("status")
    assert f"not running: {name}" in shown.stderr
    town.succeed("up")
    assert state_of(town)["processes"][name]["pid"] != process.pid
    assert all(item["ready"] for item in status(town)["kustomizations"])


def test_the_security_page_names_every_process(town: Platform) -> None:
    page = (ENGINE / "docs" / "security.md").read_text()
    table = page[page.index("| process | listens on |") : page.index("Nothing listens elsewhere")]
    assert [name for name in state_of(town)["processes"] if name not in table] == []


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


def test_after_a_reboot_other_processes_with_the_same_pids_are_ignored(town: Platform) -> None:
    running = [psutil.Process(process["pid"]) for process in state_of(town)["processes"].values()]
    for process in running:
        process.kill()
    psutil.wait_procs(running, timeout=10)
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for path in (town.root / ".penstock" / "local" / "kwok" / "clusters" / "penstock-local" / "pids").iterdir():
        path.write_text(str(stranger.pid))
    town.succeed("up")
    assert all(item["ready"] for item in status(town)["kustomizations"])
    assert stranger.poll() is None
    stranger.communicate(b"\n")


def test_a_taken_port_is_reported(town: Platform) -> None:
    server = psutil.Process(state_of(town)["processes"]["kube-apiserver"]["pid"])
    port = next(item.laddr.port for item in server.net_connections("tcp") if item.status == psutil.CONN_LISTEN)
    server.kill()
    psutil.wait_procs([server], timeout=10)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        refused = town.run("up")
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1, which kube-apiserver of this cluster uses, is taken by" in refused.stderr
    town.succeed("up")


def test_two_verbs_at_once_are_refused(town: Platform) -> None:
    with town.start("up") as first:
        assert first.stderr is not None
        first.stderr.readline()  # the banner: it holds the cluster
        second = town.run("up")
        first.communicate()
    assert second.returncode == 1
    assert "another `inv up`, `sync` or `down` is at work on this cluster" in second.stderr
    assert first.returncode == 0


def test_logs_are_shown_and_a_misspelled_name_gets_a_suggestion(town: Platform) -> None:
    assert town.succeed("logs", "git-source").stdout.startswith("serving ")
    wrong = town.run("logs", "kube-apisever")
    assert wrong.returncode == 1
    assert "did you mean `kube-apiserver`?" in wrong.stderr


@pytest.mark.parametrize("awaited", ["creating the control plane", "starting Flux's controllers", "Flux to fetch"])
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

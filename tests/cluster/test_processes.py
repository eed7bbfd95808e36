"""The processes of a cluster are recognized, even after changes of the clock."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from penstock.cluster import processes
from penstock.cluster.state import ClusterState, State
from penstock.core.errors import PenstockError
from penstock.core.process import Command

_HOUR = 3600.0


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[ClusterState]:
    """A state with one recorded, running process."""
    state = State(tmp_path / "local")
    state.prepare()
    recorded = ClusterState(provider="kwok", environment="local")
    processes.start(state, recorded, "sleeper", Command(["sleep", "60"]))
    yield recorded
    psutil.Process(recorded.processes["sleeper"].pid).kill()
    os.waitpid(recorded.processes["sleeper"].pid, 0)


def test_a_process_is_recognized_after_the_clock_was_set(
    recorded: ClusterState, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = recorded.processes["sleeper"].pid
    before = psutil.Process(pid).create_time()
    boot = psutil.boot_time()
    # As far as psutil can tell: Linux then gives another time of boot.
    monkeypatch.setattr("psutil._psplatform.boot_time", lambda: boot + _HOUR)
    assert psutil.Process(pid).create_time() - before == pytest.approx(_HOUR if psutil.LINUX else 0, abs=1)
    assert processes.is_alive(recorded, "sleeper")
    processes.refuse_dead(recorded, ["sleeper"])


def test_a_reused_pid_is_ignored(recorded: ClusterState) -> None:
    process = recorded.processes["sleeper"]
    recorded.processes["sleeper"] = msgspec.structs.replace(process, created=process.created - 1)
    assert not processes.is_alive(recorded, "sleeper")
    assert processes.stop_all(recorded) == []
    recorded.processes["sleeper"] = process
    assert processes.is_alive(recorded, "sleeper")


def test_free_ports_are_not_ephemeral() -> None:
    """A connection could use an ephemeral port before the process listens on it."""
    ports = processes.free_ports(50)
    assert len(set(ports)) == 50
    connections = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(connections.read_text().split()[0]) if connections.is_file() else 49152
    assert max(ports) < first


def test_a_taken_port_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(processes, "_PORTS", range(port, port + 1))
        with pytest.raises(PenstockError) as caught:
            processes.free_port()
    assert caught.value.message == f"no free port on 127.0.0.1 between {port} and {port}"
    assert processes.free_port() == port


def test_no_other_process_gets_a_port_that_nothing_listens_on_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clusters that start at the same time."""
    picks = (
        "import sys; from penstock.cluster import processes; processes._PORTS = range(19990, 19994);"
        "print(sorted(processes.free_ports(2)), flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", picks]
    ours = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        ports = [port for process in ours if process.stdout for port in json.loads(process.stdout.readline())]
        assert sorted(ports) == [19990, 19991, 19992, 19993]
        monkeypatch.setattr(processes, "_PORTS", range(19990, 19994))
        with pytest.raises(PenstockError, match="no free port"):
            processes.free_port()
    finally:
        for process in ours:
            process.communicate()
    assert processes.free_port() in range(19990, 19994)

"""The local processes of a cluster: started, told apart from strangers with the same pid, ended."""

from __future__ import annotations

import errno
import random
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from penstock.cluster.state import ClusterState, Process, State
from penstock.core.errors import PenstockError
from penstock.core.process import Command, spawn, uninterrupted

# The cluster is thrown away with its data: no need to wait for a tidy end.
_GRACE_SECONDS = 2.0
# The kernel's clock ticks are coarser than the float that psutil makes of them.
_SAME_START = 0.05
# Below what Linux (32768 and up), macOS and Windows (49152 and up) give to connections.
_PORTS = range(20000, 30000)
_NOBODY = Process(pid=0, created=0, log="")


def find(process: Process) -> psutil.Process | None:
    """The running process that was recorded; None when it ended, or when its pid belongs to somebody else now."""
    try:
        found = psutil.Process(process.pid)
        same = abs(_started(found) - process.created) < _SAME_START
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def is_alive(recorded: ClusterState, name: str) -> bool:
    """Whether a process of ours runs."""
    process = recorded.processes.get(name)
    return process is not None and find(process) is not None


def start(state: State, recorded: ClusterState, name: str, command: Command) -> None:
    """Start a process and note it."""
    log = state.logs / f"{name}.log"
    with uninterrupted():
        note(state, recorded, name, spawn(command, log), log)


def note(state: State, recorded: ClusterState, name: str, pid: int, log: Path) -> None:
    """Note a process that somebody else started for us."""
    try:
        created = _started(psutil.Process(pid))
    except psutil.NoSuchProcess:
        raise died(name, log) from None
    if find(recorded.processes.get(name, _NOBODY)) is not None and recorded.processes[name].pid == pid:
        return
    recorded.processes[name] = Process(pid=pid, created=created, log=str(log))
    state.write(recorded)


def mentions(pid: int, text: str) -> bool:
    """Whether a running process has this text in its program or its arguments."""
    try:
        return any(text in word for word in psutil.Process(pid).cmdline())
    except psutil.Error:
        return False


def stop_all(recorded: ClusterState) -> list[str]:
    """End every process that was recorded and still runs, newest first; gives their names."""
    running = [(name, found) for name, process in reversed(recorded.processes.items()) if (found := find(process))]
    for _, process in running:
        _signal(process, hard=False)
    _, left = psutil.wait_procs([process for _, process in running], timeout=_GRACE_SECONDS)
    for process in left:
        _signal(process, hard=True)
    psutil.wait_procs(left, timeout=_GRACE_SECONDS)
    return [name for name, _ in running]


def refuse_dead(recorded: ClusterState, names: list[str]) -> None:
    """PenstockError with the end of its log when one of these processes has ended."""
    for name in names:
        if name in recorded.processes and not is_alive(recorded, name):
            raise died(name, Path(recorded.processes[name].log))


def died(name: str, log: Path) -> PenstockError:
    """The error for a process that ended by itself."""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
    return PenstockError(
        f"{name} ended by itself: {last[:300]}", f"`inv logs {name}` shows all of it; `inv up` starts it again"
    )


def free_port(address: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on at an address of this machine."""
    return free_ports(1, address)[0]


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """Different TCP ports that nobody listens on at an address of this machine; PenstockError when all are taken.

    The kernel's own choice could be some connection's port by the time that a process of ours listens on it.
    """
    found: list[int] = []
    with ExitStack() as stack:
        for port in random.sample(_PORTS, len(_PORTS)):
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise PenstockError(
        f"no free port on {address} between {_PORTS.start} and {_PORTS.stop - 1}", "stop something that listens there"
    )


def refuse_taken(port: int, name: str, address: str = "127.0.0.1") -> None:
    """PenstockError when somebody listens on a port that a process of the cluster must have."""
    owner = port_owner(port, address)
    if owner:
        raise PenstockError(
            f"port {port} on {address}, which {name} of this cluster uses, is taken by {owner}",
            "stop that process, or make the cluster again: inv down && inv up",
        )


def port_owner(port: int, address: str = "127.0.0.1") -> str:
    """Who listens on a port, as `name (pid N)`, or an empty string when nobody does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return ""
        except PermissionError:  # a port below 1024: whoever may bind it answers
            if probe.connect_ex((address, port)):
                return ""
        except OSError:
            pass
    # macOS tells root alone who listens.
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return (
                    f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
                    if connection.pid
                    else "another user's process"
                )
    return "another process"


def _started(process: psutil.Process) -> float:
    """When a process was started, in seconds, by a clock that nobody sets.

    Linux counts from boot. psutil adds the time of boot, which Linux computes from its uptime and the wall clock, so it
    moves whenever that is set, as after a sleep. Other systems note the wall clock once, when the process is started.
    """
    # Asked first: some versions of psutil keep it, and make create_time of what they kept.
    boot = psutil.boot_time() if psutil.LINUX else 0.0
    return process.create_time() - boot


def _signal(process: psutil.Process, hard: bool) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill() if hard else process.terminate()

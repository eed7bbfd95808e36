"""Start, identify and end the local processes of a cluster."""

from __future__ import annotations

import errno
import random
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from penstock.cluster.state import ClusterState, Process, State
from penstock.core.errors import PenstockError
from penstock.core.interrupts import uninterrupted
from penstock.core.process import Command, spawn

# The cluster's data is deleted anyway, so a clean shutdown isn't worth a longer wait.
_GRACE_SECONDS = 2.0
# psutil computes start times from the kernel's clock ticks, which are coarse.
_SAME_START = 0.05
# Below the ephemeral ports of Linux (from 32768), macOS and Windows (from 49152).
_PORTS = range(20000, 30000)
_NO_PROCESS = Process(pid=0, created=0, log="")
# Open for as long as this process runs.
_reservations: list[socket.socket] = []


def find(process: Process) -> psutil.Process | None:
    """Return the recorded process if it still runs; None if it has ended, even if another process has its pid."""
    try:
        candidate = psutil.Process(process.pid)
        is_same = abs(_started(candidate) - process.created) < _SAME_START
        return candidate if is_same and candidate.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def is_alive(recorded: ClusterState, name: str) -> bool:
    """Whether the recorded process of this name runs."""
    process = recorded.processes.get(name)
    return process is not None and find(process) is not None


def is_dead(recorded: ClusterState, name: str) -> bool:
    """Whether the recorded process of this name doesn't run."""
    return not is_alive(recorded, name)


def start(state: State, recorded: ClusterState, name: str, command: Command) -> None:
    """Start a process and record it."""
    log = state.logs / f"{name}.log"
    with uninterrupted():
        note(state, recorded, name, spawn(command, log), log)


def note(state: State, recorded: ClusterState, name: str, pid: int, log: Path) -> None:
    """Record a process that another program has started for the cluster; raises PenstockError if it has ended."""
    try:
        created = _started(psutil.Process(pid))
    except psutil.NoSuchProcess:
        raise died(name, log) from None
    if find(recorded.processes.get(name, _NO_PROCESS)) is not None and recorded.processes[name].pid == pid:
        return
    recorded.processes[name] = Process(pid=pid, created=created, log=str(log))
    state.write(recorded)


def mentions(pid: int, text: str) -> bool:
    """Whether a running process has this text in its program or its arguments."""
    try:
        return any(text in argument for argument in psutil.Process(pid).cmdline())
    except psutil.Error:
        return False


def stop_all(recorded: ClusterState) -> list[str]:
    """End every recorded process that still runs, newest first, and return their names."""
    running = [(name, match) for name, process in reversed(recorded.processes.items()) if (match := find(process))]
    for _, process in running:
        _signal(process, hard=False)
    _, left = psutil.wait_procs([process for _, process in running], timeout=_GRACE_SECONDS)
    for process in left:
        _signal(process, hard=True)
    psutil.wait_procs(left, timeout=_GRACE_SECONDS)
    return [name for name, _ in running]


def refuse_dead(recorded: ClusterState, names: list[str]) -> None:
    """Raise PenstockError with the last line of its log if one of these processes has ended."""
    for name in names:
        if name in recorded.processes and not is_alive(recorded, name):
            raise died(name, Path(recorded.processes[name].log))


def died(name: str, log: Path) -> PenstockError:
    """Return the error for a process that has ended unexpectedly."""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    last = next((line for line in reversed(lines) if line.strip()), "its log is empty")
    return PenstockError(
        f"{name} ended by itself: {last[:300]}", f"`inv logs {name}` shows all of it; `inv up` starts it again"
    )


def free_port(address: str = "127.0.0.1") -> int:
    """Return a free TCP port on an address of this machine."""
    return free_ports(1, address)[0]


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """Return distinct free TCP ports on an address of this machine; raises PenstockError if there aren't enough.

    The kernel would pick an ephemeral port, which a connection could use before the process listens on it. Until this
    process ends, no other call returns these ports, in any process of Penstock: clusters may start at the same time.
    """
    ports: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        if _reserve(address, port):
            ports.append(port)
            if len(ports) == count:
                return ports
    raise PenstockError(
        f"no free port on {address} between {_PORTS.start} and {_PORTS.stop - 1}", "stop a process that listens there"
    )


def _reserve(address: str, port: int) -> bool:
    """Reserve a TCP port if it is free: a UDP socket takes its number, which no TCP listener needs."""
    with ExitStack() as stack:
        reservation = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        listener = stack.enter_context(socket.socket())
        try:
            reservation.bind((address, port))
            listener.bind((address, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        listener.close()
        stack.pop_all()
        _reservations.append(reservation)
        return True


def refuse_taken(port: int, name: str, address: str = "127.0.0.1") -> None:
    """Raise PenstockError if another process listens on a port that a process of the cluster needs."""
    owner = port_owner(port, address)
    if owner:
        raise PenstockError(
            f"port {port} on {address}, which {name} of this cluster uses, is taken by {owner}",
            "stop that process, or recreate the cluster: inv down && inv up",
        )


def port_owner(port: int, address: str = "127.0.0.1") -> str:
    """Return the process that listens on a port, as `name (pid N)`; empty if the port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return ""
        except PermissionError:  # a port below 1024, which only a connection can probe
            if probe.connect_ex((address, port)):
                return ""
        except OSError:
            pass
    # macOS shows listening processes only to root.
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
    """Return the start time of a process in seconds, independent of changes of the wall clock.

    Linux counts from boot. psutil adds the boot time, which Linux derives from the uptime and the wall clock, so it
    changes whenever the clock is set, as after a sleep. Other systems store the wall clock at the start.
    """
    # Read first: some versions of psutil cache it, and use the cached value in create_time.
    boot = psutil.boot_time() if psutil.LINUX else 0.0
    return process.create_time() - boot


def _signal(process: psutil.Process, hard: bool) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill() if hard else process.terminate()

"""Start every child process."""

from __future__ import annotations

import logging
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from penstock.core.environment import inherited
from penstock.core.errors import PenstockError

Value = TypeVar("Value")
log = logging.getLogger("penstock.process")

# NAME=value anywhere, and `--name value`.
_SECRET = re.compile(
    r"(?i)((?:token|password|secret|key)[\w-]*=|--[\w-]*(?:token|password|secret|key) )(?:'[^']*'|\S+)"
)
# Long enough for a program to flush, short enough for a user who pressed Ctrl-C.
_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Command:
    """What to run. `env` is laid over the inherited environment (core/environment), or replaces it when `bare`.

    The program's stdin is `stdin`, or the file `stdin_file`.
    """

    argv: Sequence[str | Path]
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False
    stdin: bytes | None = None
    stdin_file: Path | None = None
    timeout: float = 600.0
    ok: tuple[int, ...] = (0,)

    @property
    def line(self) -> str:
        """The command line, ready to paste into a shell, with secrets redacted."""
        text = shlex.join(str(word) for word in self.argv)
        return blotted(f"{text} <{shlex.quote(str(self.stdin_file))}" if self.stdin_file else text)

    @property
    def environment(self) -> dict[str, str]:
        """The complete environment of the program."""
        return {**({} if self.bare else inherited()), **self.env}


@dataclass(frozen=True)
class Result:
    """The outcome of a program. `seconds` is wall time."""

    command: Command
    code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode(errors="replace")

    @property
    def complaint(self) -> str:
        """The program's error output, else its output, as text."""
        return (self.stderr or self.stdout).decode(errors="replace").strip()


# Maximum characters of a program's last line: some print their whole input after an error.
_LONGEST = 1000


class CommandFailed(PenstockError):
    """Raised if a program ends with a code outside `command.ok`."""

    def __init__(self, result: Result) -> None:
        lines = result.complaint.splitlines()
        last = lines[-1][:_LONGEST] if lines else "it printed nothing"
        super().__init__(
            f"{Path(result.command.argv[0]).name} failed (exit {result.code}): {last}",
            f"the command was: {result.command.line}",
        )
        self.result = result


class CommandMissing(PenstockError):
    """Raised if the program can't be started."""


class CommandTimedOut(PenstockError):
    """Raised if a program runs past its deadline; its process group was ended."""


def blotted(text: str) -> str:
    """Return a text with the values of tokens, passwords and the like redacted."""
    return _SECRET.sub(r"\1***", text)


def run(command: Command) -> Result:
    """Run to completion and return the result; raises CommandFailed for a code outside `command.ok`."""
    start = time.monotonic()
    process = launch(command, subprocess.PIPE, subprocess.PIPE)
    try:
        stdout, stderr = process.communicate(command.stdin, timeout=command.timeout)
    except subprocess.TimeoutExpired:
        end_group(process)
        raise _timed_out(command) from None
    except BaseException:
        end_group(process)
        raise
    return _checked(Result(command, process.returncode, stdout, stderr, time.monotonic() - start))


def watch(command: Command, each: Callable[[str], None]) -> Result:
    """Like `run`, but call `each` with every line that the program writes to stdout or stderr."""
    start = time.monotonic()
    process = launch(command, subprocess.PIPE, subprocess.STDOUT)
    lines: list[bytes] = []
    assert process.stdout is not None
    with in_time(command, process), process.stdout as stream:
        for line in stream:
            lines.append(line)
            each(line.decode(errors="replace").rstrip())
        process.wait()
    return _checked(Result(command, process.returncode, b"".join(lines), b"", time.monotonic() - start))


@contextmanager
def in_time(command: Command, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a program at its deadline or if the block fails; raises CommandTimedOut at the deadline."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        _signal_group(process)

    expiry = threading.Timer(command.timeout, expire)
    expiry.start()
    try:
        yield
    except BaseException:
        end_group(process)
        raise
    finally:
        expiry.cancel()
    if expired.is_set():
        raise _timed_out(command)


def spawn(command: Command, log_file: Path) -> int:
    """Start a program in a new session, so that it outlives this process, and return its pid."""
    with log_file.open("ab") as sink:
        process = launch(command, sink, subprocess.STDOUT)
    log.debug("%s >>%s &  # pid %d", command.line, log_file, process.pid)
    # From here on its pid identifies it; without this the garbage collector would warn.
    process.returncode = 0
    return process.pid


@contextmanager
def serving(command: Command, ready: Callable[[str], Value | None]) -> Iterator[Value]:
    """Run a program during the block; yields the first result of `ready`, which is called with each output line.

    `command.timeout` limits the wait for that line. Raises CommandFailed if the program ends earlier.
    """
    start = time.monotonic()
    process = launch(command, subprocess.PIPE, subprocess.STDOUT)
    expiry = threading.Timer(command.timeout, _signal_group, [process])
    expiry.start()
    lines: list[bytes] = []
    assert process.stdout is not None
    try:
        found = None
        while found is None and (line := process.stdout.readline()):
            lines.append(line)
            found = ready(line.decode(errors="replace").rstrip())
        expiry.cancel()
        if found is None:
            process.wait()
            seconds = time.monotonic() - start
            if seconds >= command.timeout:
                raise _timed_out(command)
            raise CommandFailed(Result(command, process.returncode, b"".join(lines), b"", seconds))
        log.debug("%s &  # pid %d", command.line, process.pid)
        yield found
    finally:
        expiry.cancel()
        end_group(process)


def launch(command: Command, stdout: IO[bytes] | int, stderr: int) -> subprocess.Popen[bytes]:
    """Start in a new process group; raises CommandMissing."""
    with ExitStack() as stack:
        stdin: IO[bytes] | int = subprocess.DEVNULL if command.stdin is None else subprocess.PIPE
        if command.stdin_file:
            stdin = stack.enter_context(command.stdin_file.open("rb"))
        try:
            return subprocess.Popen(
                [str(word) for word in command.argv],
                cwd=command.cwd,
                env=command.environment,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            if command.cwd is not None and not command.cwd.is_dir():
                raise
            raise missing(command, error) from None


def _checked(result: Result) -> Result:
    log.debug("%s  # exit %d, %.2f s", result.command.line, result.code, result.seconds)
    if result.code not in result.command.ok:
        raise CommandFailed(result)
    return result


def _timed_out(command: Command) -> CommandTimedOut:
    name = Path(command.argv[0]).name
    return CommandTimedOut(
        f"{name} was still running after {command.timeout:.0f} s and was ended", f"the command was: {command.line}"
    )


def missing(command: Command, error: OSError) -> CommandMissing:
    """Return the error for a program that can't be started."""
    return CommandMissing(
        f"{command.argv[0]} cannot be started: {error.strerror}", "is it installed and executable? `inv doctor` tells"
    )


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and its process group: terminate, wait, kill."""
    _signal_group(process)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    process.wait()


def _signal_group(process: subprocess.Popen[bytes]) -> None:
    # macOS returns EPERM for a group whose members have all exited.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)  # processes that outlived the group leader

"""Run programs on this terminal, on a new one, or beside other work with their output shown later."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from penstock.core.process import Command, in_time, launch, missing

# The height of the pseudo-terminal; it doesn't affect any caller.
_ROWS = 50


def interactive(command: Command) -> int:
    """Run on this process's terminal and return the exit code."""
    with _started(command, None) as process:
        return process.wait()


@contextmanager
def beside(command: Command, log: Path) -> Iterator[Callable[[Callable[[str], object]], int]]:
    """Run during the block, with the output in the file `log`; Ctrl-C ends it, too.

    Yields a function that passes what is in the file, and then what arrives, to its argument until the program ends,
    and returns the exit code. A program that still runs at the end of the block is terminated.
    """
    with log.open("wb") as sink, _started(command, sink) as process:

        def follow(each: Callable[[str], object]) -> int:
            decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
            with log.open("rb") as output:
                code = None
                while code is None:
                    with suppress(subprocess.TimeoutExpired):
                        code = process.wait(0.5)
                    each(decoder.decode(output.read()))
            return code

        yield follow


def on_terminal(command: Command, columns: int, each: Callable[[str], None]) -> int:
    """Run on a new pseudo-terminal and return the exit code; `each` receives the output as it arrives."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    process = launch(command, theirs, theirs)
    os.close(theirs)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with os.fdopen(ours, "rb", buffering=0) as terminal, in_time(command, process):
        # Once the last writer has closed it, Linux returns an error and macOS returns nothing.
        with suppress(OSError):
            while data := terminal.read(65536):
                each(decoder.decode(data))
        process.wait()
    return process.returncode


@contextmanager
def _started(command: Command, output: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    """Start in this process's group, which Ctrl-C interrupts as a whole; the program's own cleanup is waited for."""
    argv = [str(word) for word in command.argv]
    stdin, stderr = (subprocess.DEVNULL, subprocess.STDOUT) if output else (None, None)
    try:
        process = subprocess.Popen(
            argv, cwd=command.cwd, env=command.environment, stdin=stdin, stdout=output, stderr=stderr
        )
    except OSError as error:
        raise missing(command, error) from None
    try:
        yield process
    except KeyboardInterrupt:
        process.wait()
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()

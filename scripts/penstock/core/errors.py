"""Errors that a user can act on, and how they are shown.

Exit codes: 1, the user can fix it; 2, invalid command line (penstock.cli); 3, a bug in Penstock; 130, interrupted.
"""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from penstock.core import console
from penstock.core.interrupts import terminable
from penstock.core.rule import Rule


class PenstockError(Exception):
    """An error that the user can fix.

    `message` is one line: what is wrong and where. `hint` is the fix.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def lines(self) -> list[str]:
        """The lines of the message."""
        return self.message.splitlines()


class Findings(PenstockError):
    """Several faults, reported together: one line each. `rules` are the ids of their rules, `rule` is that of all."""

    def __init__(self, findings: list[str], hint: str, rule: Rule | None = None, rules: Sequence[str] = ()) -> None:
        super().__init__("\n".join(findings), hint)
        self.findings = findings
        self.rules = list(rules) or [rule.id if rule else ""] * len(findings)

    @property
    def lines(self) -> list[str]:
        """Return the faults as users see them, each with its rule."""
        pairs = zip(self.findings, self.rules, strict=True)
        return [f"{line} [{rule}]" if rule else line for line, rule in pairs]


# Refusals by the machine, which its owner must fix wherever they occur.
_MACHINE = {
    errno.ENOSPC: "free some space and run it again",
    errno.EDQUOT: "free some space and run it again",
    errno.EACCES: "make it readable and writable for you (chown or chmod) and run it again",
    errno.EPERM: "make it readable and writable for you (chown or chmod) and run it again",
    errno.EROFS: "make the file system writable and run it again",
    errno.ENOTDIR: "put a folder there and run it again",
    errno.EMFILE: "allow more open files (ulimit -n) and run it again",
}


@contextmanager
def reported(debug: bool = False) -> Iterator[None]:
    """Report every escaping error on stderr and exit with its code; `debug` adds the traceback."""
    try:
        with terminable():
            yield
    except PenstockError as error:
        if debug:
            traceback.print_exc()
        for line in error.lines:
            console.error(line)
        if error.hint:
            console.hint(error.hint)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        console.error("interrupted; what was started is left so that the same command, or `inv down`, copes with it")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        if debug:
            traceback.print_exc()
        if isinstance(error, OSError) and error.errno in _MACHINE:
            console.error(f"{error.filename or 'the file system'}: {error.strerror}")
            console.hint(_MACHINE[error.errno])
            sys.exit(1)
        console.error(f"bug: {type(error).__name__}: {error}")
        console.hint("this is a fault in Penstock; run it again with --debug and report what it prints")
        sys.exit(3)

"""What is checked, by whom, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.core.files import sha256


@dataclass(frozen=True)
class Outcome:
    """What a checker said: `said` in a few words, and the faults, each `place: what is wrong; how to fix it`."""

    said: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One file, one checker.

    `subject` names the file as people know it, `deployed` is the program that will read it, with its version, and
    `checker` who judges it here. `inputs` is all that the outcome depends on: equal checks are run once. `covers` are
    other files that are judged along with it.
    """

    environment: str
    subject: str
    deployed: str
    checker: str
    inputs: tuple[str, ...]
    run: Callable[[], Outcome] = field(compare=False, repr=False)
    covers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The same for checks that can only have the same outcome, whatever their environments."""
        return sha256("\0".join((self.subject, self.deployed, self.checker, *self.inputs)).encode())

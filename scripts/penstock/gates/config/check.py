"""A check of a configuration file, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.core.files import sha256


@dataclass(frozen=True)
class Outcome:
    """The result of a check: a short `summary`, and the faults, each as `place: what is wrong; how to fix it`."""

    summary: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """A file and its checker.

    `subject` is the file's name in reports, `deployed` the program and version that reads it, `checker` the program
    that checks it. The outcome depends only on `inputs`, so equal checks run once. `covers` names other files that the
    check includes.
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
        """A digest that is equal for checks with the same outcome; it doesn't depend on the environment."""
        return sha256("\0".join((self.subject, self.deployed, self.checker, *self.inputs)).encode())

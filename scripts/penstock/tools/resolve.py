"""Adapter for resolve, which runs helmfile's own packages for many environments at once (source: tools/resolve)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from penstock.core.process import Command, run
from penstock.tools.helmfile import environment_of, readable
from penstock.tools.resolver import resolve as program


class Helmfile(msgspec.Struct, frozen=True):
    """A helmfile, as a path from the root, and the environments to resolve it for."""

    path: str
    environments: list[str]


class Request(msgspec.Struct, frozen=True):
    """All inputs of a run; `environments` has the files in environments/ that each environment may read."""

    root: str
    helm: str
    environments: dict[str, list[str]]
    helmfiles: list[Helmfile]


class Answer(msgspec.Struct, frozen=True):
    """A helmfile in an environment: its `state`, as `helmfile build --embed-values` prints it.

    `same` is an environment that has the same state, if it is known to be; `error` is helmfile's complaint.
    """

    path: str
    environment: str
    state: str = ""
    same: str = ""
    error: str = ""


_decoder = msgspec.json.Decoder(Answer)


def resolve(request: Request, home: Path) -> list[Answer]:
    """Resolve helmfiles in one process; raises helmfile's errors as `helmfile.build` does."""
    stdin = msgspec.json.encode(request)
    found = run(Command([program("resolve")], env=environment_of(home), bare=True, cwd=home, stdin=stdin))
    answers = _decoder.decode_lines(found.stdout)
    for answer in answers:
        if answer.error:
            raise readable(answer.error)
    return answers

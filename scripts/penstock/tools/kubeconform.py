"""Adapter for kubeconform."""

from __future__ import annotations

from pathlib import Path

import msgspec

from penstock.core.process import Command, run
from penstock.tools.resolver import resolve


class Fault(msgspec.Struct, frozen=True):
    """One violation: where in the object, and what is wrong."""

    path: str
    msg: str


class Verdict(msgspec.Struct, frozen=True, rename="camel"):
    """What kubeconform says of one object."""

    filename: str
    kind: str = ""
    name: str = ""
    status: str = ""
    msg: str = ""
    validation_errors: list[Fault] = []

    @property
    def is_bad(self) -> bool:
        """Whether the object was refused, or could not be judged."""
        return self.status != "statusValid"

    @property
    def said(self) -> str:
        """What is wrong, in one line."""
        faults = "; ".join(f"{fault.path or '/'}: {fault.msg}" for fault in self.validation_errors)
        return f"{self.kind} {self.name}: {faults or ' '.join(self.msg.split()) or self.status}"


class _Output(msgspec.Struct, frozen=True):
    resources: list[Verdict]


def validate(tree: Path, schemas: Path) -> list[Verdict]:
    """Judge every object below a folder by the schemas at a template of paths; a kind without one is refused."""
    argv: list[str | Path] = [
        resolve("kubeconform"),
        "-strict",
        "-verbose",
        "-output",
        "json",
        "-n",
        "4",
        "-ignore-filename-pattern",
        r"/kustomization\.yaml$",
        "-schema-location",
        schemas,
        tree,
    ]
    result = run(Command(argv, env={"HOME": str(tree), "PATH": ""}, bare=True, ok=(0, 1)))
    return msgspec.json.decode(result.stdout, type=_Output).resources

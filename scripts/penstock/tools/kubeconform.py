"""Adapter for kubeconform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from penstock.core.model import decode
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

# One line of the full message; `validationErrors` has only the outermost ones ("/metadata: validation failed").
_LINE = re.compile(r"\s+- at '((?:[^'\\]|\\.)*)': ")
_UNKNOWN = re.compile(r"additional properties (.+) not allowed")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
# These only report that a nested rule failed.
_OUTER = ("validation failed", "'allOf' failed", "'anyOf' failed", "'oneOf' failed")


class Fault(msgspec.Struct, frozen=True):
    """One violation: the path of the field, the message, and whether the schema doesn't have the field."""

    path: tuple[str, ...]
    message: str
    unknown: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """kubeconform's result for one object."""

    filename: str
    status: str
    kind: str = ""
    name: str = ""
    version: str = ""
    msg: str = ""

    @property
    def is_skipped(self) -> bool:
        """Whether there is no schema for the object."""
        return self.status == "statusSkipped"

    @property
    def unreadable(self) -> str:
        """Why the file isn't a readable object, such as a duplicate key; empty if it is."""
        return " ".join(self.msg.split()) if self.status == "statusError" else ""

    @property
    def faults(self) -> list[Fault]:
        """Every violation of the schema, at the innermost field."""
        if self.status != "statusInvalid":
            return []
        _, *parts = _LINE.split(self.msg)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return list(dict.fromkeys(fault for pointer, message in pairs for fault in _faults(pointer, message.strip())))


class _Output(msgspec.Struct, frozen=True):
    resources: list[Verdict]


def validate(tree: Path, schemas: Path) -> list[Verdict]:
    """Validate every object below a folder with the schemas at a path template; a kind without a schema is skipped."""
    argv: list[str | Path] = [
        resolve("kubeconform"),
        "-strict",
        "-verbose",
        "-ignore-missing-schemas",
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
    return decode(result.stdout, _Output).resources


def _faults(pointer: str, message: str) -> Iterator[Fault]:
    path = tuple(step.replace("~1", "/").replace("~0", "~") for step in _plain(pointer).split("/")[1:])
    unknown = _UNKNOWN.fullmatch(message)
    if unknown:
        for name in _QUOTED.findall(unknown[1]):
            yield Fault((*path, _plain(name)), "unknown field", unknown=True)
    elif not message.startswith(_OUTER):
        # A null field counts as missing.
        yield Fault(path, message.replace("want null or ", "want "))


def _plain(quoted: str) -> str:
    return quoted.replace("\\'", "'").replace("\\\\", "\\")

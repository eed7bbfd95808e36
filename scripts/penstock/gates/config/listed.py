"""Checks by gates/schemas/PROGRAM.yaml, for programs that can't check their own configuration.

`x-version` in a schema is the program's version, `x-source` the page that the schema is based on.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.model import Json
from penstock.core.schema import faults
from penstock.core.yaml import parse
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.subject import Subject, named
from penstock.platform.files import MountedFile
from penstock.platform.layout import Layout

SUMMARY = "checked against a schema, not by the program"
FOLDER = Path(__file__).parents[1] / "schemas"
Schema = Mapping[str, Any]
# Programs that ignore the case of keys.
_FOLDED = {"fluent-bit", "grafana"}
_PROVISIONING = "/etc/grafana/provisioning/"
_VARIABLE = re.compile(r"\$\{?\w+[^}]*\}?|\$__\w+\{[^}]*\}")
_TOP = " top "


def checks(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of each file with a schema."""
    for program, file in _files(subject):
        yield against(subject, read(program), file)


def read(program: str) -> Schema:
    """The schema of a program; raises PenstockError if there is none."""
    path = FOLDER / f"{program}.yaml"
    if not path.is_file():
        raise PenstockError(f"{path} doesn't exist", "write it; docs/reference/files.md describes its format")
    schema: Schema = parse(path.read_bytes(), path.name)
    return schema


def against(subject: Subject, schema: Schema, file: MountedFile) -> Check:
    """A check of a file against a schema."""

    def checked() -> Outcome:
        return Outcome(SUMMARY, (*_versions(schema, subject.version), *_faults(schema, file)))

    checker = f"schema of {schema['title']} {schema['x-version']}"
    inputs = (file.text, str(schema))
    return Check(subject.rendered.environment, named(file), subject.deployed, checker, inputs, checked)


def broken(schema: Schema, values: Any) -> list[str]:
    """A line for each fault of a configuration; nulls and variables are accepted everywhere."""
    if schema["title"] in _FOLDED:
        values = _spelled(values, {key.casefold(): key for key in _keys(schema)})
    return [fault.text for fault in faults(schema, values, _is_open)]


def ini(text: str) -> Json:
    """Section -> its keys of an INI file; keys above the first section are at the top level."""
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(f"[{_TOP}]\n{text}")
    sections = {name: dict(parser[name]) for name in parser.sections()}
    return {**sections.pop(_TOP), **sections}


def _files(subject: Subject) -> Iterator[tuple[str, MountedFile]]:
    """Each file that the program reads, with the name of its schema."""
    if subject.image == "grafana":
        yield "grafana", subject.config_file("config", default="/etc/grafana/grafana.ini")
        for path, file in subject.files.items():
            if path.startswith(_PROVISIONING):
                yield f"grafana-{path.removeprefix(_PROVISIONING).partition('/')[0]}", file
    else:
        default = subject.variables.get("BEYLA_CONFIG_PATH", "")
        yield subject.image, subject.config_file("config.file", "config", "c", default=default)


def _faults(schema: Schema, file: MountedFile) -> Iterator[str]:
    try:
        values = ini(file.text) if file.key.endswith(".ini") else parse(file.text, file.key)
    except (PenstockError, configparser.Error) as error:
        yield " ".join(str(error).split())
        return
    yield from broken(schema, values)


def _versions(schema: Schema, deployed: str) -> Iterator[str]:
    """A fault if the schema is for another minor version, since keys change with each."""
    version = schema["x-version"]
    if deployed.split(".")[:2] != version.split(".")[:2]:
        name = f"scripts/penstock/gates/schemas/{schema['title']}.yaml"
        yield f"the image is {deployed}, {name} has the keys of {version}: compare them with {schema['x-source']}"


def _is_open(value: Any) -> bool:
    return value is None or (isinstance(value, str) and bool(_VARIABLE.fullmatch(value)))


def _keys(schema: Schema) -> Iterator[str]:
    for block in schema["$defs"].values():
        yield from block.get("properties", {})


def _spelled(value: Any, keys: Mapping[str, str]) -> Any:
    """A value with its keys spelled as in the schema."""
    if isinstance(value, dict):
        return {keys.get(str(key).casefold(), key): _spelled(inner, keys) for key, inner in value.items()}
    return [_spelled(item, keys) for item in value] if isinstance(value, list) else value

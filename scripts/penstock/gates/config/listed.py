"""Programs that can't be run here: their files against our lists of their keys."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.yaml import parse
from penstock.gates.config import keylist
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.keylist import Checker, KeyList
from penstock.gates.config.subject import Subject, named
from penstock.platform.files import MountedFile

# In these two, `on` in quotes and a number in quotes are as good as without.
_TEXTS = {"fluent-bit", "grafana"}
_PROVISIONING = "/etc/grafana/provisioning/"


def checks(subject: Subject, _: Layout) -> Iterator[Check]:
    """The files that the program's list is about."""
    for program, file in _files(subject):
        yield against(subject, keylist.read(program), file)


def against(subject: Subject, keys: KeyList, file: MountedFile) -> Check:
    """A file against a list."""

    def listed() -> Outcome:
        return Outcome(keylist.SAID, (*_versions(keys, subject.version), *_faults(keys, file)))

    checker = f"our list of {keys.program} {keys.version}"
    inputs = (file.text, str(keys))
    return Check(subject.rendered.environment, named(file), subject.deployed, checker, inputs, listed)


def _files(subject: Subject) -> Iterator[tuple[str, MountedFile]]:
    """Each file that the program reads, and the name of the list for it."""
    if subject.image == "grafana":
        yield "grafana", subject.config_file("config", default="/etc/grafana/grafana.ini")
        for path, file in subject.files.items():
            if path.startswith(_PROVISIONING):
                yield f"grafana-{path.removeprefix(_PROVISIONING).partition('/')[0]}", file
    else:
        default = subject.variables.get("BEYLA_CONFIG_PATH", "")
        yield subject.image, subject.config_file("config.file", "config", "c", default=default)


def _faults(keys: KeyList, file: MountedFile) -> Iterator[str]:
    try:
        values = ini(file.text) if file.key.endswith(".ini") else parse(file.text, file.key)
    except (PenstockError, configparser.Error) as error:
        yield " ".join(str(error).split())
        return
    yield from Checker(keys, texts=keys.program in _TEXTS).faults(values)


def ini(text: str) -> dict[str, Any]:
    """Sections with their keys; what stands above the first section are keys of the file itself."""
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(f"[{_TOP}]\n{text}")
    sections = {name: dict(parser[name]) for name in parser.sections()}
    return {**sections.pop(_TOP), **sections}


_TOP = " top "


def _versions(keys: KeyList, deployed: str) -> Iterator[str]:
    """Keys come and go with every minor version."""
    if deployed.split(".")[:2] != keys.version.split(".")[:2]:
        name = f"scripts/penstock/gates/keys/{keys.program}.yaml"
        yield f"the image is {deployed}, {name} has the keys of {keys.version}: compare them with {keys.source}"

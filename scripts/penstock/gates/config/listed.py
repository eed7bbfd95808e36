"""Programs that can't check their configuration: their files are compared with key lists."""

from __future__ import annotations

import configparser
from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.model import Json
from penstock.core.yaml import parse
from penstock.gates.config import keylist
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.keylist import Checker, KeyList
from penstock.gates.config.subject import Subject, named
from penstock.platform.files import MountedFile

# These two accept booleans and numbers in quotes.
_TEXTS = {"fluent-bit", "grafana"}
_PROVISIONING = "/etc/grafana/provisioning/"


def checks(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of each file for which there is a key list."""
    for program, file in _files(subject):
        yield against(subject, keylist.read(program), file)


def against(subject: Subject, keys: KeyList, file: MountedFile) -> Check:
    """A check of a file against a key list."""

    def listed() -> Outcome:
        return Outcome(keylist.SUMMARY, (*_versions(keys, subject.version), *_faults(keys, file)))

    checker = f"key list of {keys.program} {keys.version}"
    inputs = (file.text, str(keys))
    return Check(subject.rendered.environment, named(file), subject.deployed, checker, inputs, listed)


def _files(subject: Subject) -> Iterator[tuple[str, MountedFile]]:
    """The name of the key list, and the file, for each file that the program reads."""
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


def ini(text: str) -> Json:
    """Section -> its keys of an INI file; keys above the first section are at the top level."""
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(f"[{_TOP}]\n{text}")
    sections = {name: dict(parser[name]) for name in parser.sections()}
    return {**sections.pop(_TOP), **sections}


_TOP = " top "


def _versions(keys: KeyList, deployed: str) -> Iterator[str]:
    """A fault if the list is for another minor version: keys come and go with each."""
    if deployed.split(".")[:2] != keys.version.split(".")[:2]:
        name = f"scripts/penstock/gates/keys/{keys.program}.yaml"
        yield f"the image is {deployed}, {name} has the keys of {keys.version}: compare them with {keys.source}"

"""The values of a ConfigMap as data, and what must never be printed."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable
from typing import Any

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.yaml import parse_all

REDACTED = "(redacted)"
_SECRET = re.compile(
    r"(?i)(password|passwd|passphrase|secret|token|credential|api[-_]?key|access[-_]?key|private[-_]?key|htpasswd)"
)
# Names of things that hold a secret, and settings of tokens, are no secrets themselves.
_PLAIN = re.compile(r"(?i)(name|ref|refs|file|path|dir|ttl|expiration|seconds|enabled|mount|type|url|length)$")
_ASSIGNED = re.compile(
    r"(?im)^(.*?(?:password|passwd|secret|token|api[-_]?key|private[-_]?key)[\w.-]*\"?\s*[:=]\s*)\S.*$"
)


def is_secret(key: str) -> bool:
    """Whether a key names a secret by its name."""
    return bool(_SECRET.search(key)) and not _PLAIN.search(key)


def hidden(text: str) -> str:
    """Return a text without the values that are assigned to secret keys."""
    return _ASSIGNED.sub(rf"\1{REDACTED}", text)


def data(key: str, text: str) -> Any:
    """Return the data in a file of this name: YAML, JSON, TOML or INI; None if it is another text."""
    reader = next((reader for ends, reader in _READERS.items() if key.endswith(ends)), None)
    try:
        return reader(text) if reader else None
    except (PenstockError, msgspec.DecodeError, tomllib.TOMLDecodeError, configparser.Error, RecursionError):
        return None  # a template of a program, or damaged: compared as text


def _yaml(text: str) -> Any:
    found = parse_all(text)
    value = found[0] if len(found) == 1 else found
    return value if isinstance(value, (dict, list)) else None


def _ini(text: str) -> Any:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # keys keep their case
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


_READERS: dict[tuple[str, ...], Callable[[str], Any]] = {
    (".yaml", ".yml"): _yaml,
    (".json",): lambda text: msgspec.json.decode(text),
    (".toml",): tomllib.loads,
    (".ini", ".cfg"): _ini,
}

"""Addresses in configuration: every `host:port`, URL and name of a Service that a string holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Schemes whose host is one of the network, with the port that they stand for; 0 where they stand for none.
_SCHEMES = {
    **dict.fromkeys(("http", "ws"), 80),
    **dict.fromkeys(("https", "wss"), 443),
    **dict.fromkeys(("postgres", "postgresql"), 5432),
    "amqp": 5672,
    "ldap": 389,
    "ldaps": 636,
    "mongodb": 27017,
    "mysql": 3306,
    "nats": 4222,
    "redis": 6379,
    **dict.fromkeys(("dns", "grpc", "grpcs", "tcp", "tls", "udp"), 0),
}
# Before a number they tell how it is reached, as in `tcp:90`, and are no host.
_TRANSPORTS = {"grpc", "http", "https", "tcp", "tls", "udp", "ws", "wss"}
# Below 1024 a single word before a number is more often a user (`postgres:999`) or a level (`info:5`) than a host.
_WELL_KNOWN = {22, 25, 53, 80, 88, 110, 123, 143, 389, 443, 465, 514, 587, 636, 853, 993, 995}
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_TOKEN = re.compile(
    r"(?<![\w.$@%{}()<>/:-])"
    r"(?:(?P<scheme>[a-z][a-z0-9.-]*)://(?:/|[^\s/@'\"]*@)?)?"
    r"(?:_(?P<service>[a-z0-9-]+)\._(?:tcp|udp)\.)?"
    rf"(?P<host>{_LABEL}(?:\.{_LABEL})*\.?)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?![\w$@%{}(<:.-])"
)
_HINT = re.compile(r"://|\.svc\b|[a-z0-9]\.?:\d|\._(?:tcp|udp)\.")
_LIST = re.compile(r"(?:--?[\w.-]+=)?(?:dns(?:srv(?:noa)?)?\+)?[a-z][-a-z0-9.]*:\d{1,5}(?:,[a-z][-a-z0-9.]*:\d{1,5})*")
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
# How a line begins that is a comment; in a text of one line `--` begins a flag, and `//` a host.
_COMMENT, _COMMENT_OF_LINES = ("#", ";"), ("//", "--", "/*", "* ")
_COMMENT_AT_THE_END = re.compile(r"\s(?:#|//)\s.*$")
_HOST_KEY = re.compile(r"(?i)^(.*?)(host|hostname|addr|address)$")
# Where a program itself listens, under any key.
_OWN_KEY = re.compile(r"(?i)bind|listen|advertise")
# In the names of keys, variables and flags whose values look like host:port, and are image:tag.
_IMAGE = "image"


@dataclass(frozen=True)
class Address:
    """A host and its port: a number, the name of a Service's port (in an SRV name), or None where the text has none.

    `certain` says that it can be nothing but an address, even where the host is a single word. Without it and without a
    port it's only a name: an address if the cluster's own domain is at its end.
    """

    text: str
    host: str
    port: int | str | None
    certain: bool

    @property
    def is_name(self) -> bool:
        """Whether nothing but its last labels says that it is an address."""
        return self.port is None and not self.certain


def in_text(text: str) -> Iterator[Address]:
    """The addresses in one string. Those of the machine itself and bare IP addresses are none."""
    if not _HINT.search(text):
        return
    is_list = bool(_LIST.fullmatch(text))
    for match in _TOKEN.finditer(text):
        scheme, service, host, port = match["scheme"], match["service"], match["host"], match["port"]
        if not _is_name(host) or (not scheme and _is_other(host, port)):
            continue
        number: int | str | None = service or (int(port) if port else _SCHEMES.get(scheme or "") or None)
        if number is not None or scheme or "svc" in host.split(".")[2:]:
            yield Address(match[0], host, number, certain=scheme in _SCHEMES or is_list)


def in_value(value: Any, path: str, env: dict[str, str] | None = None) -> Iterator[tuple[str, Address]]:
    """The addresses in plain values, with their paths; `env` are variables that are known and so can be filled in.

    A `host` next to a `port` is an address too; a value under the key of an image is not. Text of several lines is
    searched line by line, comments left out.
    """
    if isinstance(value, dict):
        pairs = _pairs(value)
        for key, inner in value.items():
            place = f"{path}.{key}" if path else str(key)
            if not (isinstance(inner, str) and _IMAGE in str(key).lower()):
                yield from [(place, pairs[key])] if key in pairs else in_value(inner, place, env)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from in_value(inner, f"{path}[{index}]", env)
    elif isinstance(value, str) and ("$" in value or _HINT.search(value)):
        lines = value.splitlines()
        for number, line in enumerate(lines, 1):
            place = path if len(lines) == 1 else f"{path} line {number}"
            yield from ((place, address) for address in in_text(filled(_code(line, len(lines) > 1), env or {})))


def _code(line: str, is_of_several: bool) -> str:
    """A line without its comment; nothing of a flag that names an image."""
    begin = line.lstrip()
    if begin.startswith(_COMMENT) or (is_of_several and begin.startswith(_COMMENT_OF_LINES)):
        return ""
    flag, is_set, _ = begin.partition("=")
    if is_set and _IMAGE in flag.lower() and " " not in flag:
        return ""
    return _COMMENT_AT_THE_END.sub("", line)


def filled(text: str, env: dict[str, str]) -> str:
    """A text with `$(NAME)`, `${NAME}` and `${env:NAME}` replaced where the variable is known."""
    return re.sub(r"\$(?:\((\w+)\)|\{(?:env:)?(\w+)\})", lambda match: env.get(match[1] or match[2], match[0]), text)


def _pairs(value: dict[Any, Any]) -> dict[Any, Address]:
    found = {}
    for key, host in value.items():
        match = _HOST_KEY.match(str(key))
        if (
            match
            and not _OWN_KEY.search(match[1])
            and isinstance(host, str)
            and _NAME.fullmatch(host)
            and _is_name(host)
        ):
            expected = f"{match[1]}port".lower()
            port = next((inner for other, inner in value.items() if str(other).lower() == expected), None)
            if str(port).isdigit():
                found[key] = Address(f"{host}:{port}", host, int(str(port)), certain=True)
    return found


def _is_other(host: str, port: str | None) -> bool:
    """Whether `host:port` is rather something else."""
    if host in _TRANSPORTS:
        return True
    return "." not in host and port is not None and int(port) < 1024 and int(port) not in _WELL_KNOWN


def _is_name(host: str) -> bool:
    return host != "localhost" and any(letter.isalpha() for letter in host)

"""Addresses in configuration: `host:port`, URLs and the DNS names of Services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Schemes of network addresses -> default port; 0 if there is none.
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
# Before a number these are protocols, as in `tcp:90`, not hosts.
_TRANSPORTS = {"grpc", "http", "https", "tcp", "tls", "udp", "ws", "wss"}
# Before any other port below 1024, a single label is more likely a user (`postgres:999`) or a level (`info:5`).
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
# Prefixes of comments; the second group only in multi-line text, since `--` also starts a flag, and `//` a host.
_COMMENT, _COMMENT_OF_LINES = ("#", ";"), ("//", "--", "/*", "* ")
_COMMENT_AT_THE_END = re.compile(r"\s(?:#|//)\s.*$")
_HOST_KEY = re.compile(r"(?i)^(.*?)(host|hostname|addr|address)$")
# In the keys of a program's own listen address.
_OWN_KEY = re.compile(r"(?i)bind|listen|advertise")
# In the names of keys, variables and flags whose values are image:tag, which looks like host:port.
_IMAGE = "image"


@dataclass(frozen=True)
class Address:
    """A host and its port: a number, the name of a Service port (from an SRV name), or None if the text has none.

    `certain` marks text that can only be an address, even if the host is a single label. Text that isn't certain and
    has no port is an address only if it ends in the cluster's domain.
    """

    text: str
    host: str
    port: int | str | None
    certain: bool

    @property
    def is_name(self) -> bool:
        """Whether it is an address only if it ends in the cluster's domain."""
        return self.port is None and not self.certain


def in_text(text: str) -> Iterator[Address]:
    """The addresses in a string, except localhost and IP addresses."""
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
    """The addresses in plain values, each with its path; the variables in `env` are expanded.

    A `host` next to a `port` is an address too; the value of an image's key is not. Multi-line text is searched line by
    line, without comments.
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
    """A line without its comment; empty for a flag whose value is an image."""
    begin = line.lstrip()
    if begin.startswith(_COMMENT) or (is_of_several and begin.startswith(_COMMENT_OF_LINES)):
        return ""
    flag, is_set, _ = begin.partition("=")
    if is_set and _IMAGE in flag.lower() and " " not in flag:
        return ""
    return _COMMENT_AT_THE_END.sub("", line)


def filled(text: str, env: dict[str, str]) -> str:
    """Expand `$(NAME)`, `${NAME}` and `${env:NAME}` in a text; unknown variables stay."""
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
    """Whether `host:port` is more likely something else."""
    if host in _TRANSPORTS:
        return True
    return "." not in host and port is not None and int(port) < 1024 and int(port) not in _WELL_KNOWN


def _is_name(host: str) -> bool:
    return host != "localhost" and any(letter.isalpha() for letter in host)

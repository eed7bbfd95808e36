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
    **dict.fromkeys(("dns", "grpc", "grpcs", "tcp", "tls", "udp"), 0),
}
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
_COMMENT = ("#", ";", "//", "--")
_HOST_KEY = re.compile(r"(?i)^(.*?)(host|hostname|addr|address)$")


@dataclass(frozen=True)
class Address:
    """A host and its port: a number, the name of a Service's port (in an SRV name), or None where the text has none.

    `certain` says that it can be nothing but an address, even where the host is a single word.
    """

    text: str
    host: str
    port: int | str | None
    certain: bool


def in_text(text: str) -> Iterator[Address]:
    """The addresses in one string. Those of the machine itself and bare IP addresses are none."""
    if not _HINT.search(text):
        return
    is_list = bool(_LIST.fullmatch(text))
    for match in _TOKEN.finditer(text):
        scheme, service, host, port = match["scheme"], match["service"], match["host"], match["port"]
        if not _is_name(host):
            continue
        number: int | str | None = service or (int(port) if port else _SCHEMES.get(scheme or "") or None)
        if number is not None or scheme or ".svc" in host:
            yield Address(match[0], host, number, certain=scheme in _SCHEMES or is_list)


def in_value(value: Any, path: str, env: dict[str, str] | None = None) -> Iterator[tuple[str, Address]]:
    """The addresses in plain values, with their paths; `env` are variables that are known and so can be filled in.

    A `host` beside a `port` is an address too. Text of several lines is searched line by line, comments left out.
    """
    if isinstance(value, dict):
        pairs = _pairs(value)
        for key, inner in value.items():
            place = f"{path}.{key}" if path else str(key)
            yield from [(place, pairs[key])] if key in pairs else in_value(inner, place, env)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from in_value(inner, f"{path}[{index}]", env)
    elif isinstance(value, str):
        lines = value.splitlines()
        for number, line in enumerate(lines, 1):
            if not line.lstrip().startswith(_COMMENT) or len(lines) == 1:
                place = path if len(lines) == 1 else f"{path} line {number}"
                yield from ((place, address) for address in in_text(filled(line, env or {})))


def filled(text: str, env: dict[str, str]) -> str:
    """A text with `$(NAME)`, `${NAME}` and `${env:NAME}` replaced where the variable is known."""
    return re.sub(r"\$(?:\((\w+)\)|\{(?:env:)?(\w+)\})", lambda match: env.get(match[1] or match[2], match[0]), text)


def _pairs(value: dict[Any, Any]) -> dict[Any, Address]:
    found = {}
    for key, host in value.items():
        match = _HOST_KEY.match(str(key))
        if match and isinstance(host, str) and _NAME.fullmatch(host) and _is_name(host):
            wanted = f"{match[1]}port".lower()
            port = next((inner for other, inner in value.items() if str(other).lower() == wanted), None)
            if str(port).isdigit():
                found[key] = Address(f"{host}:{port}", host, int(str(port)), certain=True)
    return found


def _is_name(host: str) -> bool:
    return host != "localhost" and any(letter.isalpha() for letter in host)

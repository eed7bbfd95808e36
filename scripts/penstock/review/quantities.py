"""Quantities and durations as numbers: 1000m is 1, 90m is 1h30m.

Quantities: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/. Durations: those of Go,
with the days, weeks and years of Prometheus.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|y|w|d|h|m|s))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|y|w|d|h|m|s)")
_SECONDS = {"ns": "1e-9", "us": "1e-6", "µs": "1e-6", "ms": "1e-3", "s": "1", "m": "60", "h": "3600"} | {
    "d": "86400",
    "w": "604800",
    "y": "31536000",
}
# Maps of quantities, by the name of the field.
QUANTITIES = ("limits", "requests", "capacity", "hard", "max", "min", "default", "defaultRequest")
_SINGLE = ("storage", "sizeLimit")


def quantity(value: Any) -> Decimal | None:
    """Return a quantity's value; None if it is none."""
    found = _NUMBER.fullmatch(str(value))
    if not found or isinstance(value, bool):
        return None
    number, suffix = Decimal(found[1]), found[2] or ""
    if suffix in _BINARY:
        return number * Decimal(1024) ** _BINARY[suffix]
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return number.scaleb(int(suffix[1:]))
    return number.scaleb(_DECIMAL.get(suffix, 0))


def duration(value: Any) -> Decimal | None:
    """Return a duration in seconds; None if it is none. A zero needs no unit."""
    text = str(value)
    if text == "0":
        return Decimal(0)
    if not _DURATION.fullmatch(text):
        return None
    return sum((Decimal(number) * Decimal(_SECONDS[unit]) for number, unit in _PART.findall(text)), Decimal(0))


def equal(path: str, old: Any, new: Any) -> bool:
    """Whether two values of a field are the same quantity or duration."""
    if isinstance(old, (dict, list)) or isinstance(new, (dict, list)) or old is None or new is None:
        return False
    steps = path.split(".")
    if steps[-1] in _SINGLE or (len(steps) > 1 and steps[-2] in QUANTITIES):
        return quantity(old) is not None and quantity(old) == quantity(new)
    if type(old) is type(new) is str:
        return duration(old) is not None and duration(old) == duration(new)
    return False

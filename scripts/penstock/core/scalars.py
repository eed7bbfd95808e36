"""How Kubernetes reads a YAML scalar: the rules of go.yaml.in/yaml/v2 and sigs.k8s.io/yaml.

kubectl, the API server, Helm and Flux use these libraries. The rules are neither YAML 1.1 nor 1.2: `yes`, `on` and `y`
are booleans and `010` is eight, as in 1.1; `22:22` and dates are text and `0o17` is fifteen, as in 1.2. Sources:
resolve.go of go.yaml.in/yaml/v2, strconv of Go's standard library, and convertToJSONableObject of sigs.k8s.io/yaml.
tests/core/test_yaml_as_go.py compares these rules with that code.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
# A scalar that starts with anything else is text.
_FIRST = {"", *"+-.0123456789~yYnNtTfFoO"}
_NUMERIC = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_BASES = (16, 2, 8, 10)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOTTED = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_BINARY = re.compile(r"0b([-+]?[01]+)")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?"
)


def plain(text: str) -> Scalar:
    """Return the value of an unquoted scalar without a tag."""
    if text[:1] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NUMERIC else text


def tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar with a tag; raises ValueError if it doesn't fit. An unknown tag has no effect."""
    read = _TAGGED.get(tag.removeprefix(_TAG) if tag.startswith(_TAG) else "")
    return read(text) if read else text


def key(value: Scalar) -> str:
    """Return the JSON object key for a scalar; raises ValueError for null and for integers from 2**63."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float_key(value)
    if value is None or value >= 2**63:
        raise ValueError(f"a key can't be {'null' if value is None else value}")
    return str(value)


def number(value: float) -> float:
    """Return a float as JSON decodes it: 1.0 and 1e3 become integers. Raises ValueError for .inf and .nan."""
    if not math.isfinite(value):
        raise ValueError("Kubernetes has no number for infinity or .nan")
    # JSON has the shortest digits; above 2**53 these may denote a different integer than the float.
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < 1e21 else value


def _number(text: str) -> Scalar:
    if text[0] == ".":
        return _finite(text) if _DOTTED.fullmatch(text) else text
    bare = text.replace("_", "")
    found = _INTEGER.fullmatch(bare)
    if found:
        value = next(int(digits, base) for digits, base in zip(found.groups()[1:], _BASES, strict=True) if digits)
        value = -value if found[1] == "-" else value
        if -(2**63) <= value < 2**63 or (not found[1] and value < 2**64):
            return value
    elif odd := _BINARY.fullmatch(bare):  # a sign after the prefix
        value = int(odd[1], 2)
        return value if -(2**63) <= value < 2**63 else text
    return _finite(text) if _FLOAT.fullmatch(bare) else text


def _finite(text: str) -> Scalar:
    value = float(text.replace("_", ""))
    return value if math.isfinite(value) else text


def _float_key(value: float) -> str:
    """Return the shortest digits that yield the same 32-bit float, formatted as by Go's strconv with the verb `g`."""
    if math.isnan(value):
        return ".nan"
    try:
        (short,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        short = math.copysign(math.inf, value)
    if math.isinf(short):
        return ".inf" if short > 0 else "-.inf"
    packed = struct.pack("f", short)
    digits = next(text for n in range(9) if struct.pack("f", float(text := f"{short:.{n}e}")) == packed)
    mantissa, _, exponent = digits.partition("e")
    decimals = len(mantissa.strip("-").replace(".", "")) - 1 - int(exponent)
    return f"{float(digits):.{max(0, decimals)}f}" if -4 <= int(exponent) < 6 else digits


def _typed(kind: type) -> Callable[[str], Scalar]:
    def read(text: str) -> Scalar:
        value = plain(text)
        if type(value) is not kind:
            raise ValueError("the value is not of the type that its tag declares")
        return value

    return read


def _float(text: str) -> float:
    value = plain(text)
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value < 2**63:
        return float(value)
    raise ValueError("the value is not of the type that its tag declares")


def _bytes(text: str) -> str:
    """Decode base64 to text; each byte that isn't UTF-8 becomes U+FFFD, as in Go's JSON."""
    try:
        data = base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True)
    except binascii.Error:
        raise ValueError("!!binary has no valid base64") from None
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def _timestamp(text: str) -> str:
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("the value is not of the type that its tag declares")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    datetime(year or 1, month, day, hour, minute, second)  # raises ValueError for an invalid date
    return text


_TAGGED: dict[str, Callable[[str], Scalar]] = {
    "str": lambda text: text,
    "bool": _typed(bool),
    "int": _typed(int),
    "float": _float,
    "null": _typed(type(None)),
    "timestamp": _timestamp,
    "binary": _bytes,
}

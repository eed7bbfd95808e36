"""Compare two versions of an object as Kubernetes sees them: entries by their keys, quantities by value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from penstock.kube.ref import Content
from penstock.review import certificates, fields, payloads
from penstock.review.lists import identities, is_ordered
from penstock.review.model import FieldChange, Noise
from penstock.review.quantities import equal

_CHECKSUM = re.compile(r"(?i)annotations[.\[].*(checksum|config-hash|sha256)")
_VERSION = re.compile(r"labels[.\[](helm\.sh/chart|app\.kubernetes\.io/version|chart|heritage)\]?$")


def compare(old: Content, new: Content, schema: Any = None) -> list[FieldChange]:
    """Return the fields that differ, by path; `schema` is that of a custom resource's version."""
    is_secret = new.get("kind") == "Secret"
    found: list[FieldChange] = []
    for section in sorted(old.keys() | new.keys()):
        place = _Place(section, hide=is_secret and section in ("data", "stringData"), schema=_inner(schema, section))
        if section == "data" and new.get("kind") == "ConfigMap":
            found += _payloads(old.get(section) or {}, new.get(section) or {})
        elif section == "binaryData":
            found += _binary(old.get(section) or {}, new.get(section) or {})
        else:
            found += _compare(old.get(section), new.get(section), place)
    return found


@dataclass(frozen=True)
class _Place:
    """Where a value is. `hide` is whether it is secret, `payload` whether it is in a program's configuration."""

    path: str
    step: str = ""
    hide: bool = False
    payload: bool = False
    schema: Any = None

    def key(self, key: str) -> _Place:
        path = fields.step(self.path, key)
        hide = self.hide or (self.payload and payloads.is_secret(key))
        return replace(self, path=path, step=key, hide=hide, schema=_inner(self.schema, key))

    def entry(self, identity: str) -> _Place:
        schema = self.schema.get("items") if isinstance(self.schema, dict) else None
        # A variable's name tells whether its value is secret.
        secret = self.step == "env" and payloads.is_secret(identity)
        return replace(self, path=f"{self.path}[{identity}]", hide=self.hide or secret, schema=schema)


def _inner(schema: Any, key: str) -> Any:
    if not isinstance(schema, dict):
        return None
    more = schema.get("additionalProperties")
    return (schema.get("properties") or {}).get(key, more if isinstance(more, dict) else None)


def _binary(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            sizes = [f"(binary, {len(each[key]) * 3 // 4} bytes)" if key in each else None for each in (old, new)]
            yield FieldChange(path=fields.step("binaryData", key), old=sizes[0], new=sizes[1])


def _payloads(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        place = _Place(fields.step("data", key), hide=payloads.is_secret(key), payload=True)
        if was == now:
            continue
        before, after = (payloads.data(key, text) if isinstance(text, str) else None for text in (was, now))
        if before is None or type(before) is not type(after):
            yield _leaf(was, now, place)
        elif before == after:
            yield FieldChange(path=place.path, old="(the same data)", new="(written differently)", noise="order")
        else:
            yield from _compare(before, after, place)


def _compare(old: Any, new: Any, place: _Place) -> Iterator[FieldChange]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            yield from _compare(old.get(key), new.get(key), place.key(str(key)))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, place)
    elif old != new and not equal(place.path, old, new):
        yield _leaf(old, new, place)


def _lists(old: list[Any], new: list[Any], place: _Place) -> Iterator[FieldChange]:
    named = identities(place.step, [old, new], place.schema)
    if named is None:
        yield _leaf(old, new, place)  # arguments are read in order, and so are the rules of a program
        return
    before, after = (dict(zip(names, items, strict=True)) for names, items in zip(named, (old, new), strict=True))
    for name in [*before, *(name for name in after if name not in before)]:
        yield from _compare(before.get(name), after.get(name), place.entry(name))
    was, now = ([name for name in names if name in before and name in after] for names in named)
    if was != now:
        noise: Noise = "" if is_ordered(place.step) or place.payload else "order"
        yield FieldChange(path=f"{place.path} (order)", old=", ".join(was), new=", ".join(now), noise=noise)


def _leaf(old: Any, new: Any, place: _Place) -> FieldChange:
    noise: Noise = "checksum" if _CHECKSUM.search(place.path) else "version" if _VERSION.search(place.path) else ""
    issued = [certificates.described(value) for value in (old, new)]
    if any(issued) and issued[0] != issued[1]:
        # A certificate is public, in a Secret too; its private key is another value.
        return FieldChange(path=place.path, old=issued[0] or _unless_none(old), new=issued[1] or _unless_none(new))
    if place.hide or certificates.is_private(old) or certificates.is_private(new):
        shown = [None if value is None else payloads.REDACTED for value in (old, new)]
        return FieldChange(path=place.path, old=shown[0], new=shown[1], noise=noise)
    found = fields.leaf(old, new, place.path)
    # A variable or a whole file may be added at once, with the secrets in it.
    return FieldChange(
        path=place.path,
        old=_shown(found.old, place),
        new=_shown(found.new, place),
        lines=[payloads.hidden(line) for line in found.lines],
        noise=noise,
    )


def _unless_none(value: Any) -> str | None:
    return None if value is None else payloads.REDACTED


def _shown(value: Any, place: _Place) -> Any:
    if isinstance(value, str):
        return payloads.hidden(value)
    if isinstance(value, list):
        return [_shown(entry, place) for entry in value]
    if isinstance(value, dict):
        secret = place.step == "env" and payloads.is_secret(str(value.get("name", "")))
        return {
            key: payloads.REDACTED
            if (secret and key == "value") or (place.payload and payloads.is_secret(str(key)))
            else _shown(inner, place)
            for key, inner in value.items()
        }
    return value

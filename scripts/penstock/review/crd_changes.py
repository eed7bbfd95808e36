"""What a change of a CustomResourceDefinition does to its API, property by property."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from penstock.kube.ref import Content

# Limits that refuse more values when they rise, and when they fall.
_RISING = ("minimum", "minLength", "minItems", "minProperties", "exclusiveMinimum")
_FALLING = ("maximum", "maxLength", "maxItems", "maxProperties", "exclusiveMaximum")


class ApiChange(NamedTuple):
    """One change: `what` is added, removed, narrowed, required, rule, version-removed, version-added or storage."""

    what: str
    path: str
    text: str

    def __str__(self) -> str:
        """The change as a message."""
        return f"{self.path}: {self.text}"


def compare(old: Content, new: Content) -> list[ApiChange]:
    """Return the changes of a definition's versions and of their schemas."""
    before, after = _versions(old), _versions(new)
    found = [ApiChange("version-removed", name, "the version is dropped") for name in before if name not in after]
    found += [ApiChange("version-added", name, "the version is new") for name in after if name not in before]
    for name in before.keys() & after.keys():
        was, now = before[name], after[name]
        if was.get("served") and not now.get("served"):
            found.append(ApiChange("version-removed", name, "the version is no longer served"))
        found += _schema(_root(was), _root(now), name)
    stored = [next((name for name, one in each.items() if one.get("storage")), "") for each in (before, after)]
    if stored[0] != stored[1]:
        found.append(ApiChange("storage", "storage", f"the stored version is {stored[1]}, was {stored[0]}"))
    return sorted(found, key=lambda one: one.path)


def schema_of(definition: Content, version: str) -> Any:
    """Return the schema of a version; None if there is none."""
    return _root(_versions(definition).get(version, {})) or None


def _versions(content: Content) -> dict[str, Any]:
    return {str(one.get("name")): one for one in (content.get("spec") or {}).get("versions") or []}


def _root(version: Any) -> Any:
    return (version.get("schema") or {}).get("openAPIV3Schema") or {}


def _schema(old: Any, new: Any, path: str) -> Iterator[ApiChange]:
    if old == new or not isinstance(old, dict) or not isinstance(new, dict):
        return
    yield from _limits(old, new, path)
    for name in {*(new.get("required") or [])} - {*(old.get("required") or [])}:
        yield ApiChange("required", f"{path}.{name}", "is required now")
    rules = [{one.get("rule") for one in each.get("x-kubernetes-validations") or []} for each in (old, new)]
    for rule in sorted(filter(None, rules[1] - rules[0])):
        yield ApiChange("rule", path, f"has the new rule `{rule}`")
    before, after = (each.get("properties") or {} for each in (old, new))
    for name in before.keys() | after.keys():
        where = f"{path}.{name}"
        if name not in after:
            yield ApiChange("removed", where, "the property is removed: its values are dropped when stored again")
        elif name not in before:
            yield ApiChange("added", where, "the property is new")
        else:
            yield from _schema(before[name], after[name], where)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        yield from _schema(old.get(key), new.get(key), path + mark)


def _limits(old: Any, new: Any, path: str) -> Iterator[ApiChange]:
    if old.get("type") != new.get("type"):
        yield ApiChange("narrowed", path, f"the type is {new.get('type')}, was {old.get('type')}")
    allowed, before = new.get("enum"), old.get("enum")
    if allowed and (before is None or {*map(str, before)} - {*map(str, allowed)}):
        lost = ", ".join(sorted({*map(str, before or [])} - {*map(str, allowed)}))
        yield ApiChange("narrowed", path, f"no longer allows {lost or 'values other than ' + ', '.join(allowed)}")
    for name in (*_RISING, *_FALLING):
        was, now = old.get(name), new.get(name)
        if now is not None and (was is None or (now > was if name in _RISING else now < was)):
            yield ApiChange("narrowed", path, f"{name} is {now}, was {'none' if was is None else was}")
    if new.get("pattern") and old.get("pattern") != new.get("pattern"):
        yield ApiChange("narrowed", path, f"the pattern is {new['pattern']}")
    if old.get("nullable") and not new.get("nullable"):
        yield ApiChange("narrowed", path, "null is no longer allowed")

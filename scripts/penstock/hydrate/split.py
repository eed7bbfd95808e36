"""Split rendered objects into files, one object each, and build the lock's entry of the component."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

from penstock.core.errors import Findings
from penstock.core.files import sha256
from penstock.hydrate import admission
from penstock.hydrate.hooks import Decided
from penstock.hydrate.lock import Locked, LockedComponent, LockedUnit
from penstock.hydrate.rules import COLLISION
from penstock.kube.groups import group_of
from penstock.kube.ref import ObjectRef
from penstock.tools.render import Answer, Object

_UNSAFE = re.compile(r"[^a-z0-9.-]+")
_LONGEST = 240  # file systems take 255 bytes


def split(inputs: str, summary: Answer, decided: Decided) -> tuple[LockedComponent, dict[str, dict[str, bytes]]]:
    """Return a component's lock entry, and the bytes of its files by part and name.

    Raises Findings if an object is rendered twice.
    """
    _refuse_twice(summary.component, [item for objects in decided.parts.values() for item in objects])
    parts: dict[str, LockedUnit] = {}
    texts: dict[str, dict[str, bytes]] = {}
    for name, objects in decided.parts.items():
        parts[name], texts[name] = _part(objects)
    own = parts.pop("")
    locked = LockedComponent(
        inputs=inputs,
        resolved=summary.digest,
        charts=summary.charts,
        depends_on=summary.depends_on,
        provides=own.provides,
        files=own.files,
        parts=parts,
        hooks={item.ref.id: hook for item, hook in decided.hooks},
    )
    return locked, texts


def _part(objects: list[Object]) -> tuple[LockedUnit, dict[str, bytes]]:
    named = _named(objects)
    files = {name: item.text.encode() for name, item in named.items()}
    part = LockedUnit(
        provides=sorted({token for item in objects for token in _provided(item)}),
        files={name: Locked(id=named[name].ref.id, sha256=sha256(data)) for name, data in sorted(files.items())},
    )
    return part, files


def _refuse_twice(component: str, objects: list[Object]) -> None:
    first: dict[ObjectRef, Object] = {}
    findings = []
    for item in objects:
        other = first.setdefault(item.ref, item)
        if other is not item:
            findings.append(
                f"components/{component}: {item.ref} is rendered twice: by {other.source} and by {item.source}"
            )
    if findings:
        raise Findings(findings, "nothing was written; keep one of them", COLLISION)


def _named(objects: list[Object]) -> dict[str, Object]:
    """Name files <kind>-<name>.yaml, with the namespace, then the group, for names that would collide."""
    ways: list[Callable[[Object], str]] = [
        lambda item: f"{item.object_kind}-{item.name}",
        lambda item: f"{item.object_kind}-{item.namespace}-{item.name}",
        lambda item: f"{item.object_kind}-{group_of(item.api_version)}-{item.namespace}-{item.name}",
        lambda item: f"{item.object_kind}-{item.name[:150]}-{sha256(item.ref.id.encode())[:8]}",
    ]
    named: dict[str, Object] = {}
    waiting = objects
    for way in ways:
        groups = defaultdict(list)
        for item in waiting:
            groups[_UNSAFE.sub("-", way(item).lower()) + ".yaml"].append(item)
        alone = {name: items[0] for name, items in groups.items() if len(items) == 1 and len(name) <= _LONGEST}
        named |= {name: item for name, item in alone.items() if name not in named}
        waiting = [item for name, items in groups.items() for item in items if named.get(name) is not item]
    return named


def _provided(item: Object) -> list[str]:
    tokens = [
        f"Kind {defined.group}/{defined.kind} {'Namespaced' if defined.namespaced else 'Cluster'}"
        for defined in item.defines
    ]
    return tokens + [token for rule in item.admits for token in admission.tokens(rule)]

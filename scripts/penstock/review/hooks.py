"""Compare the Helm hooks in two locks. Hooks that are left out are in no manifest, so no other diff shows them."""

from __future__ import annotations

import msgspec

from penstock.core.model import Json
from penstock.kube.ref import ObjectRef

_SHOWN = {"apply": "applied as a plain object", "omit": "left out", "": "none"}


def compare(old: bytes, new: bytes) -> list[str]:
    """Return a line for each hook that is handled differently; an unreadable lock has no hooks."""
    before, after = _hooks(old), _hooks(new)
    found = []
    for key in sorted({*before, *after}):
        was, now = before.get(key, {}), after.get(key, {})
        if was != now:
            component, ref = key[0], ObjectRef.parse(key[1])
            change = " → ".join(_SHOWN[hook.get("action", "")] for hook in (was, now))
            found.append(f"components/{component}: {ref}, a hook of Helm ({(now or was)['events']}): {change}")
    return found


def _hooks(lock: bytes) -> dict[tuple[str, str], dict[str, str]]:
    """Return the hooks in a lock by component and object id."""
    try:
        components: Json = msgspec.json.decode(lock)["components"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return {}
    return {
        (name, identity): hook
        for name, component in components.items()
        for identity, hook in component.get("hooks", {}).items()
    }

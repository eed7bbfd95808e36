"""What becomes of Helm's hooks, from two locks: those left out are in no manifest, so nothing else would show them."""

from __future__ import annotations

import msgspec

from penstock.core.model import Json
from penstock.kube.ref import ObjectRef

_SHOWN = {"apply": "applied as a plain object", "omit": "left out", "": "none"}


def compare(old: bytes, new: bytes) -> list[str]:
    """A line for each hook of which something else becomes; a lock that can't be read has none."""
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
    """Component and id of an object -> its hook, as the lock has it."""
    try:
        components: Json = msgspec.json.decode(lock)["components"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return {}
    return {
        (name, identity): hook
        for name, component in components.items()
        for identity, hook in component.get("hooks", {}).items()
    }

"""Paths into objects, such as `spec.volumes[].configMap`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def at(value: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """The values at a path, each with its exact path; `[]` stands for every item."""
    if not path:
        yield place, value
        return
    step, _, rest = path.partition(".")
    key, many = step.removesuffix("[]"), step.endswith("[]")
    inner = value.get(key) if isinstance(value, dict) else None
    where = f"{place}.{key}" if place else key
    if many and isinstance(inner, list):
        for index, item in enumerate(inner):
            yield from at(item, rest, f"{where}[{index}]")
    elif not many and inner is not None:
        yield from at(inner, rest, where)

"""What every check gives: one verdict for each reference, proven or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.gates.references.given import Given


@dataclass(frozen=True)
class Verdict:
    """A reference: where it stands, what is wrong with it (nothing when it's proven), what declaration it rests on."""

    file: str
    path: str
    fault: str = ""
    given: Given | None = None

    def __str__(self) -> str:
        """As a finding."""
        return f"{self.file}: {self.path}: {self.fault}"


def at(value: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that a path such as `spec.volumes[].configMap` leads to, with its exact place; `[]` is every item."""
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

"""Import Invoke without what no verb needs and what takes half of its time: mocks for tests, and its own version."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_UNUSED: dict[str, dict[str, Any]] = {
    "importlib.metadata": {"version": lambda _: ""},
    "unittest.mock": {"Mock": object},
}


@contextmanager
def without_unused() -> Iterator[None]:
    """Put empty modules in the places of the unused ones while Invoke is imported; those loaded before stay."""
    empty = {name: ModuleType(name) for name in _UNUSED if name not in sys.modules}
    for name, module in empty.items():
        vars(module).update(_UNUSED[name])
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            sys.modules.pop(name, None)

"""charts.lock: the upstream charts of a platform and the digests of their archives."""

from __future__ import annotations

from typing import Annotated

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically, writing
from penstock.core.model import decode
from penstock.platform.layout import Layout

NAME = "charts.lock"
FORMAT = 1


class ChartsLock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`charts` maps a chart's source with its version to the SHA-256 of its archive."""

    version: int
    charts: dict[str, Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]]


def is_upstream(chart: str) -> bool:
    """Whether a chart is upstream (`oci://example.org/charts/echo@1.2.3`), not a path."""
    return "://" in chart


def read(layout: Layout) -> dict[str, str]:
    """Return the locked digests; raises PenstockError if the file is damaged or of a newer Penstock."""
    try:
        locked = decode((layout.charts_lock).read_bytes(), ChartsLock)
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError:
        raise PenstockError(
            f"{NAME} is not a lock of charts (a merge conflict?)",
            "keep the lines of both sides",
        ) from None
    if locked.version != FORMAT:
        raise PenstockError(
            f"{NAME} has format {locked.version}, and this Penstock reads {FORMAT}",
            "hydrate with the one that wrote it",
        )
    return locked.charts


def write(layout: Layout, charts: dict[str, str]) -> None:
    """Write exactly these digests, sorted, one per line; delete the file if there are none."""
    path = layout.charts_lock
    with writing(path):
        if charts:
            text = msgspec.json.encode(ChartsLock(version=FORMAT, charts=charts), order="sorted")
            write_atomically(path, msgspec.json.format(text, indent=1) + b"\n")
        else:
            path.unlink(missing_ok=True)

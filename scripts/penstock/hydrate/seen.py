"""What a run has read for one environment, and needn't read again for the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.hydrate.select import Component


@dataclass(frozen=True)
class Seen:
    """The files of a run, read once: of a run, since they may be edited after it.

    `folders` has the digests of the sources' folders by path, and of the programs. `links` has the SHA-256 of manifests
    by device and inode: equal files of environments are hard links. `components` has the component of each folder,
    without an overlay, and whether it has overlays.
    """

    folders: dict[str, bytes] = field(default_factory=dict)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    components: dict[str, tuple[Component, bool]] = field(default_factory=dict)

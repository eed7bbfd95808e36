"""What a run has read for one environment, and needn't read again for the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Seen:
    """The files of a run, read once: of a run, since they may be edited after it.

    `folders` has the digests of the sources' folders, and of the programs. `links` has the SHA-256 of manifests by
    device and inode: equal files of environments are hard links. `components` has the helmfile of each component's
    folder, and whether it has overlays. `destinations` has by folder whether an environment in it may have one.
    """

    folders: dict[Path, bytes] = field(default_factory=dict)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    components: dict[str, tuple[Path | None, bool]] = field(default_factory=dict)
    destinations: dict[Path, bool] = field(default_factory=dict)

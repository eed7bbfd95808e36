"""Where things are: the folders of a platform, of the engine itself and of the user's machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError

_PACKAGE = Path(__file__).resolve().parents[1]
# The engine's own files, also when another platform is hydrated: tools/ with the pinned programs, and the verbs.
# A checkout has them at its root; a wheel brings them inside of the package (pyproject.toml).
ENGINE = _PACKAGE / "engine" if (_PACKAGE / "engine").is_dir() else _PACKAGE.parents[1]
LOCK_NAME = "penstock.lock"
# In environments/: what the platform's values may be.
SCHEMA_NAME = "schema.json"


@dataclass(frozen=True)
class Layout:
    """A platform's folders; `root` is the folder that holds helmfile.yaml."""

    root: Path

    @property
    def helmfile(self) -> Path:
        """The environments, and where the components are."""
        return self.root / "helmfile.yaml"

    @property
    def environments(self) -> Path:
        """One values file for each environment, over base.yaml."""
        return self.root / "environments"

    @property
    def components(self) -> Path:
        """The sources."""
        return self.root / "components"

    @property
    def charts(self) -> Path:
        """The first-party charts."""
        return self.root / "charts"

    @property
    def manifests(self) -> Path:
        """What the clusters get; generated."""
        return self.root / "manifests"

    def tree(self, environment: str) -> Path:
        """The manifests of one environment."""
        return self.manifests / environment

    def relative(self, path: Path) -> str:
        """A path as people see it: from the platform's root, with forward slashes."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def find_platform(start: Path | None = None) -> Layout:
    """The platform that `start` (or the current folder) is in; PenstockError when there is none above it."""
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / "helmfile.yaml").is_file() and (candidate / "components").is_dir():
            return Layout(candidate)
    raise PenstockError(
        f"{folder}: no platform here: neither this folder nor one above it has helmfile.yaml and components/",
        "go to your platform's checkout",
    )


def cache_home() -> Path:
    """The user's cache folder for Penstock (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "penstock"

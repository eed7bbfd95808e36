"""The folders of a platform, of the engine and of the user's machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from penstock.core.errors import PenstockError

_PACKAGE = Path(__file__).resolve().parents[1]
# The engine's own files, which are used for any platform: tools/ with the pinned programs, and the verbs.
# A checkout has them at its root; a wheel has them inside the package (pyproject.toml).
ENGINE = _PACKAGE / "engine" if (_PACKAGE / "engine").is_dir() else _PACKAGE.parents[1]
LOCK_NAME = "penstock.lock"
# In the folder of a component, and at the root for all of them.
UPSTREAM_NAME = "upstream.yaml"
# In environments/: the JSON Schema of the platform's values.
SCHEMA_NAME = "schema.json"
# In environments/: the generated files that name the files of each environment which extends another.
LINEAGE_NAME = "lineage"


class Limit(NamedTuple):
    """An environment to which a run is limited, and the components that can differ in it; all if that is None."""

    environment: str
    components: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Layout:
    """The folders of a platform, whose `root` contains helmfile.yaml.

    `limits` are the environments to which a gate is limited; None for all. `sources` contains components/, charts/ and
    charts.lock if they are those of a revision; by default it is the root. With `every`, environments that are alike
    are rehearsed, too.
    """

    root: Path
    limits: tuple[Limit, ...] | None = None
    sources: Path | None = None
    every: bool = False

    @property
    def helmfile(self) -> Path:
        """The file that lists the environments and the components."""
        return self.root / "helmfile.yaml"

    @property
    def environments(self) -> Path:
        """The folder with base.yaml and a values file per environment."""
        return self.root / "environments"

    @property
    def components(self) -> Path:
        """The folder of the sources, one folder per component."""
        return (self.sources or self.root) / "components"

    @property
    def charts(self) -> Path:
        """The folder of the first-party charts."""
        return (self.sources or self.root) / "charts"

    @property
    def charts_lock(self) -> Path:
        """The digests of upstream charts."""
        return (self.sources or self.root) / "charts.lock"

    @property
    def manifests(self) -> Path:
        """The folder of the generated manifests."""
        return self.root / "manifests"

    def tree(self, environment: str) -> Path:
        """Return the folder of an environment's manifests."""
        return self.manifests / environment

    def has_tree(self, environment: str) -> bool:
        """Whether an environment's manifests are there; a sparse checkout may leave them out."""
        return self.tree(environment).is_dir()

    def components_limited_to(self, environment: str) -> tuple[str, ...] | None:
        """Return the components that can differ in an environment; None for all."""
        return next((each.components for each in self.limits or () if each.environment == environment), None)

    def relative(self, path: Path) -> str:
        """Return a path for messages: relative to the platform's root, with forward slashes."""
        if path == self.root:
            return "."
        # String operations take a tenth of the time of paths: `--fast` makes thousands of these calls.
        shown = str(path).removeprefix(f"{self.root}{os.sep}")
        return (shown.removeprefix(f"{self.sources}{os.sep}") if self.sources else shown).replace(os.sep, "/")


def find_platform(given: str = "") -> Layout:
    """Return the platform in the folder `given`, by default $PENSTOCK_PLATFORM, else the one around the current folder.

    Raises PenstockError if there is none.
    """
    named = given or os.environ.get("PENSTOCK_PLATFORM", "")
    folder = Path(named or Path.cwd()).resolve()
    for candidate in (folder,) if named else (folder, *folder.parents):
        if _is_platform(candidate):
            return Layout(candidate)
    if named:
        raise PenstockError(f"{named}: no platform there: it lacks helmfile.yaml or components/", _near(folder))
    raise PenstockError(
        f"{folder}: no platform here: neither this folder nor one above it has helmfile.yaml and components/",
        _near(folder),
    )


def _is_platform(folder: Path) -> bool:
    return (folder / "helmfile.yaml").is_file() and (folder / "components").is_dir()


def _near(folder: Path) -> str:
    """Return a hint for a folder that isn't a platform: the wrong file name, or the only platform below it."""
    for name in ("helmfile.yml", "helmfile.yaml.gotmpl", "Helmfile.yaml"):
        if (folder / name).is_file():
            return f"did you mean `helmfile.yaml`? {name} is not read"
    below = [path for depth in ("*", "*/*") for path in folder.glob(f"{depth}/helmfile.yaml")]
    found = {path.parent for path in below if not path.match("*/.*/*") and _is_platform(path.parent)}
    if len(found) == 1:
        place = found.pop().relative_to(folder).as_posix()
        return f"`{place}` is one: say `--platform {place}` (in a hook `args: [--platform, {place}]`), or go there"
    return "go to your platform's checkout"


def cache_home() -> Path:
    """Return the user's cache folder for Penstock (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "penstock"

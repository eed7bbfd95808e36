"""Programs that come from PATH or mise, at the version in mise.toml: they can't be built from their Go modules."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.platform.layout import ENGINE
from penstock.tools import mise
from penstock.tools.resolver import is_by_name

_FILE = "mise.toml"
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Required:
    """A program, its name in mise.toml, and the arguments that print its version."""

    name: str
    pin: str
    ask: tuple[str, ...]

    @property
    def version(self) -> str:
        """The pinned version without a leading v."""
        pins = tomllib.loads((ENGINE / _FILE).read_text())["tools"]
        return str(pins[self.pin])

    def lacks(self) -> str:
        """Return what is wrong with it on this machine; empty if the pinned version is on PATH."""
        found = mise.which(self.name)
        if not found:
            return f"{self.name} is not on PATH"
        try:
            result = run(Command([found, *self.ask], timeout=_PATIENCE_SECONDS, ok=tuple(range(256))))
        except PenstockError as error:
            return error.message
        match = re.search(r"v?(\d+\.\d+\.\d+\S*)", (result.stdout + result.stderr).decode(errors="replace"))
        if not match:
            return f"{self.name} does not say its version"
        return "" if match[1] == self.version else f"{self.name} {match[1]} is on PATH, and {self.version} is pinned"

    @property
    def fix(self) -> str:
        """How to install it."""
        return f"mise install {self.pin}@{self.version}, or install that version your own way"

    def resolve(self) -> Path:
        """Return its path; raises PenstockError unless the pinned version is on PATH."""
        if is_by_name():
            return Path(self.name)
        lacks = self.lacks()
        if lacks:
            raise PenstockError(lacks, self.fix)
        found = mise.which(self.name)
        assert found is not None
        return Path(found)


K3D = Required("k3d", "k3d", ("version",))
FLUX = Required("flux", "flux2", ("--version",))

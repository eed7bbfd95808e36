"""A container's files in a folder of this machine, for programs that follow the paths in their configuration."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from penstock.gates.config.subject import Subject

# Every pod with a token has these, and nothing in the manifests says so.
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_ACCOUNT_FILES = ("token", "ca.crt", "namespace")


@dataclass(frozen=True)
class Root:
    """The folder that stands for the container's root."""

    folder: Path
    mounts: tuple[str, ...]

    def path(self, inside: str) -> Path:
        """Where a path of the container is here."""
        return self.folder / inside.lstrip("/")

    def outward(self, text: str) -> str:
        """A text whose paths below the mounts lead into the folder; lines stay what they are."""
        return self._mounted.sub(lambda match: f"{self.folder}{match[0]}", text)

    def inward(self, text: str) -> str:
        """A program's words with the container's own paths."""
        return text.replace(str(self.folder), "")

    @property
    def _mounted(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w./-])(?:{'|'.join(re.escape(path) for path in self.mounts)})(?![\w.-])")


@contextmanager
def root(subject: Subject) -> Iterator[Root]:
    """The container's mounts as folders with its files in them, for as long as the context lasts."""
    mounts = (*subject.mounts, _ACCOUNT)
    with tempfile.TemporaryDirectory(prefix="penstock-config-") as scratch:
        made = Root(Path(scratch).resolve(), mounts)
        files = {path: made.outward(file.text) for path, file in subject.files.items()}
        files |= {f"{_ACCOUNT}/{name}": "stand-in\n" for name in _ACCOUNT_FILES}
        for mount in mounts:
            if mount not in files:  # a mount with a subPath is the file itself
                made.path(mount).mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            made.path(path).parent.mkdir(parents=True, exist_ok=True)
            made.path(path).write_text(text)
        yield made

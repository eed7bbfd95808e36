"""A container's files in a local folder, for checkers that open the paths in a configuration."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from penstock.gates.config.subject import Subject

# Every pod with a token has these, but no manifest mentions them.
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_ACCOUNT_FILES = ("token", "ca.crt", "namespace")


@dataclass(frozen=True)
class Root:
    """A local folder that represents the container's root."""

    folder: Path
    mounts: tuple[str, ...]

    def path(self, inside: str) -> Path:
        """The local path of a path in the container."""
        return self.folder / inside.lstrip("/")

    def outward(self, text: str) -> str:
        """A text with local paths instead of those below the container's mounts; line numbers don't change."""
        return self._mounted.sub(lambda match: f"{self.folder}{match[0]}", text)

    def inward(self, text: str) -> str:
        """A program's message with the container's paths instead of the local ones."""
        return text.replace(str(self.folder), "")

    @property
    def _mounted(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w./-])(?:{'|'.join(re.escape(path) for path in self.mounts)})(?![\w.-])")


@contextmanager
def root(subject: Subject) -> Iterator[Root]:
    """A temporary folder with the container's mounts and files."""
    mounts = (*subject.mounts, _ACCOUNT)
    with tempfile.TemporaryDirectory(prefix="penstock-config-") as scratch:
        container = Root(Path(scratch).resolve(), mounts)
        files = {path: container.outward(file.text) for path, file in subject.files.items()}
        files |= {f"{_ACCOUNT}/{name}": "stand-in\n" for name in _ACCOUNT_FILES}
        for mount in mounts:
            if mount not in files:  # a mount with a subPath is the file itself
                container.path(mount).mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            container.path(path).parent.mkdir(parents=True, exist_ok=True)
            container.path(path).write_text(text)
        yield container

"""References of container images: https://github.com/distribution/reference."""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock.core.errors import PenstockError

_REFERENCE = re.compile(
    r"(?P<repository>[\w.-]+(?::\d+(?=/))?(?:/[\w./-]+)*?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
_HUB = "docker.io"


@dataclass(frozen=True, order=True)
class ImageRef:
    """A complete reference: the repository with its registry, and a tag, a digest, or both."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """Read a reference as a container runtime does; raises PenstockError if it is none.

        Without a registry the image is on Docker Hub.
        """
        match = _REFERENCE.fullmatch(text)
        if not match:
            raise PenstockError(f"`{text}` is no reference of an image", "REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:…")
        repository, tag, digest = match["repository"], match["tag"] or "", match["digest"] or ""
        host, slash, _ = repository.partition("/")
        if not slash:
            repository = f"{_HUB}/library/{repository}"
        elif "." not in host and ":" not in host and host != "localhost":
            repository = f"{_HUB}/{repository}"
        return cls(repository, tag, digest)

    @property
    def registry(self) -> str:
        """The host of the registry, with its port if it has one."""
        return self.repository.partition("/")[0]

    @property
    def runtime_name(self) -> str:
        """The name under which a container runtime keeps the image.

        It ignores the tag if there is a digest, and adds the tag `latest` if there is neither.
        """
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag or 'latest'}"

    def __str__(self) -> str:
        """The reference as text."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

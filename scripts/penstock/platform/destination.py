"""Where an environment's manifests are committed: with their sources, or on a branch of their own."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from penstock.core.model import Strict

# git-check-ref-format(1), without characters that a shell or a message would have to quote.
_BRANCH = re.compile(r"(?!.*(\.\.|//|/\.|\.lock(/|$)))[A-Za-z0-9_][A-Za-z0-9_./+-]*(?<![./])")
# An option is no address, and Git takes neither spaces nor line breaks in one.
_REPOSITORY = re.compile(r"[^\s-]\S*")
_PASSWORD = re.compile(r"^[a-z+]+://[^/@]*:[^/@]*@")


class Destination(Strict, frozen=True):
    """The branch that an environment's manifests are committed to; without keys, that of their sources."""

    repository: Annotated[
        str | None,
        msgspec.Meta(
            description="the address of another repository; by default it is the remote `origin` of the sources"
        ),
    ] = None
    branch: Annotated[
        str | None,
        msgspec.Meta(description="a branch that has nothing else; by default it has the environment's name"),
    ] = None

    def __post_init__(self) -> None:
        """Raise ValueError for what Git doesn't take as an address or a branch."""
        if self.repository is not None and not _REPOSITORY.fullmatch(self.repository):
            raise ValueError(f"`{self.repository}` is not a repository address")
        if self.branch is not None and not _BRANCH.fullmatch(self.branch):
            raise ValueError(f"`{self.branch}` is not a valid branch name, see git-check-ref-format(1)")

    @property
    def has_password(self) -> bool:
        """Whether the address has a password in it, which everyone could read in Git."""
        return bool(_PASSWORD.match(self.repository or ""))

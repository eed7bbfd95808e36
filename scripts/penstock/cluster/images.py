"""Phase 1: load archives of images into the nodes, before the first pod needs one."""

from __future__ import annotations

from functools import cache, partial

from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.tools import docker


def load(session: Session) -> Plan:
    """Load each of the session's archives into each node that lacks one of its images, or has another build of it."""
    present = cache(docker.runtime_images)

    def lacks(node: str, images: dict[str, str]) -> bool:
        return not images.items() <= present(node).items()

    for archive in session.archives:
        for node in session.provider.node_names(session) or ["NODE"]:
            command = partial(docker.importing, node, archive.path, session.timeout)
            yield Action(command, f"images: {archive.path.name}", partial(lacks, node, archive.images))
    count = len({name for archive in session.archives for name in archive.images})
    yield Work("", lambda: f"{count} images from {len(session.archives)} archives" if count else "")

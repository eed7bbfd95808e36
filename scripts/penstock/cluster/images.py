"""Phase 1: load archives of images into the nodes, before the first pod needs one."""

from __future__ import annotations

from functools import partial

from penstock.cluster import nodes
from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.tools import docker
from penstock.tools.archives import Archive


def load(session: Session) -> Plan:
    """Load each of the session's archives that a node lacks."""
    for archive in session.archives:
        command = partial(session.provider.loading, session, archive.path)
        yield Action(command, f"images: {archive.path.name}", partial(_lacking, session, archive))
    count = len({name for archive in session.archives for name in archive.images})
    yield Work("", lambda: f"{count} images from {len(session.archives)} archives" if count else "")


def _lacking(session: Session, archive: Archive) -> bool:
    """Whether a node lacks an image of an archive, or has another one of that name."""
    every = [docker.runtime_images(node) for node in nodes.late(session.kubectl)]
    return any(present.get(name) != image for present in every for name, image in archive.images.items())

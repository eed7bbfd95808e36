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
    if session.archives:
        yield Work("", partial(_record, session))


def _record(session: Session) -> str:
    """Record which of the loaded images are stand-ins, and return what was loaded."""
    images = {name for archive in session.archives for name in archive.images}
    kept = {name: program for name, program in session.recorded.stand_ins.items() if name not in images}
    loaded = {name: program for archive in session.archives for name, program in archive.stand_ins.items()}
    session.recorded.stand_ins = kept | loaded
    session.note()
    text = f"{len(images)} images from {len(session.archives)} archives"
    programs = sorted(set(session.recorded.stand_ins.values()))
    return f"{text}, stand-ins for {', '.join(programs)}" if programs else text

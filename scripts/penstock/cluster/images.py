"""Phase 1: load archives of images into the nodes, before the first pod needs one.

The images that make the network come first. The others are loaded while the network starts, which mostly waits.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

from penstock.cluster import dns
from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.core.errors import Findings
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run
from penstock.kube.images import ImageRef
from penstock.kube.objects import Workload
from penstock.kube.read import read
from penstock.kube.references import POD_TEMPLATES
from penstock.platform.images import used
from penstock.tools import docker
from penstock.tools.archives import Archive

# Imports at a time, over all nodes: one alone mostly waits for its own decompression.
_AT_A_TIME = 4
_FULL = "no space left"
Import = tuple[Path, str, Future[None]]
"""An archive, the node that imports it, and its end."""


def load(session: Session, early: Plan, network: Plan) -> Plan:
    """Load each of the session's archives into each node that lacks one of its images, or has another build of it.

    Several are loaded at a time. Meanwhile the two plans are carried out, `early` at once and `network` when the images
    of phase 1 are loaded. Raises Findings for the archives that fail, in the order in which they are loaded.
    """
    if not session.archives:
        yield from early
        yield from network
        return
    present = cache(docker.runtime_images)
    first, later = _in_order(session)

    def lacks(node: str, images: dict[str, str]) -> bool:
        return not images.items() <= present(node).items()

    imports: list[Import] = []
    pool = ThreadPoolExecutor(_AT_A_TIME)

    def importing(archives: list[Archive]) -> Plan:
        for archive in archives:
            for node in session.provider.node_names(session) or ["NODE"]:
                command = partial(docker.importing, node, archive.path, session.timeout)
                start = partial(_start, pool, imports, archive.path, node)
                yield Action(command, f"images: {archive.path.name}", partial(lacks, node, archive.images), start)

    try:
        yield from importing(first)
        yield from early
        # The network is waited for: nothing else takes processor time from its images.
        awaited = "wait until the images of this phase are loaded" if first else ""
        yield Work(awaited, lambda: _finish(imports))
        yield from importing(later)
        yield from network
        yield Work("wait until all are loaded", partial(_finish, imports), lambda: bool(imports))
    finally:
        pool.shutdown(cancel_futures=True)
    yield Work("", partial(_record, session))


def _in_order(session: Session) -> tuple[list[Archive], list[Archive]]:
    """Return the archives with images of phase 1, and the others."""
    objects = [item for name in session.bootstrap for item in session.manifests.objects(name)]
    workloads = (read(item) for item in objects if item.kind in POD_TEMPLATES)
    images = [dns.IMAGE, *(image for image, _ in used(item for item in workloads if isinstance(item, Workload)))]
    names = {ImageRef.parse(image).runtime_name for image in images}
    first = [archive for archive in session.archives if names & archive.images.keys()]
    return first, [archive for archive in session.archives if archive not in first]


def _start(pool: ThreadPoolExecutor, imports: list[Import], archive: Path, node: str, command: Command) -> None:
    def carry_out() -> None:
        run(command)

    imports.append((archive, node, pool.submit(carry_out)))


def _finish(imports: list[Import]) -> None:
    """Wait for all imports; raises Findings for those that failed."""
    failed = [
        (f"{archive}: {node} did not load it: {_reason(error)}", _fix(error))
        for archive, node, ended in imports
        if (error := ended.exception())
    ]
    if failed:
        fixes = dict.fromkeys(fix for _, fix in failed)
        raise Findings([line for line, _ in failed], "\n".join(fixes))


def _reason(error: BaseException) -> str:
    if isinstance(error, CommandFailed):
        return (error.result.complaint.splitlines() or ["it printed nothing"])[-1].removeprefix("ctr: ")
    if isinstance(error, CommandTimedOut):
        return error.message
    raise error


def _fix(error: BaseException) -> str:
    if _FULL in _reason(error):
        return f"{docker.advice(_FULL)}; then inv up"
    return "make the archive again (`inv images-save` keeps those that it can read), then inv up"


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

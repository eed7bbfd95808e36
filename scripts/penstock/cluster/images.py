"""Phase 1: load archives of images into the nodes, before the first pod needs one."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.core.errors import Findings
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run
from penstock.tools import docker

# Imports at a time, over all nodes: one alone mostly waits for its own decompression.
_AT_A_TIME = 4
_FULL = "no space left"
Import = tuple[Path, str, Future[None]]
"""An archive, the node that imports it, and its end."""


def load(session: Session) -> Plan:
    """Load each of the session's archives into each node that lacks one of its images, or has another build of it.

    Several are loaded at a time. Raises Findings for those that fail, in the order of the archives.
    """
    if not session.archives:
        return
    present = cache(docker.runtime_images)

    def lacks(node: str, images: dict[str, str]) -> bool:
        return not images.items() <= present(node).items()

    imports: list[Import] = []
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for archive in session.archives:
            for node in session.provider.node_names(session) or ["NODE"]:
                command = partial(docker.importing, node, archive.path, session.timeout)
                start = partial(_start, pool, imports, archive.path, node)
                yield Action(command, f"images: {archive.path.name}", partial(lacks, node, archive.images), start)
        yield Work("wait until all are loaded", partial(_finish, imports), lambda: bool(imports))
    yield Work("", partial(_record, session))


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

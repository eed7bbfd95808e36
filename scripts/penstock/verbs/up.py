"""inv up and inv down: bring up a cluster with the platform from this working tree, and delete it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from penstock.cluster import kubeconfig, phases
from penstock.cluster.actions import Action, Plan, execute, show
from penstock.cluster.providers import choose
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, state_of
from penstock.core import console
from penstock.core.console import Step
from penstock.core.errors import Findings, PenstockError
from penstock.core.process import Command
from penstock.platform.layout import find_platform
from penstock.tools.archives import in_folder
from penstock.verbs import status
from penstock.verbs.options import Target
from penstock.verbs.target import begin, confirm, environment, looking, refuse_unpushed

NUMBERS = [phase.number for phase in phases.PHASES]


def up(target: Target, phase: int, merge: bool, images: str = "") -> None:
    """Run the four phases, or one of them; each acts only if something is missing, so a second run is cheap."""
    start = time.monotonic()
    session = _with_archives(begin(target), images)
    wanted = _wanted(session, phase)
    if target.dry_run:
        show(session, [(f"{phase.number} {phase.title}", phase.plan) for phase in wanted])
        return
    if any(phase.number == 2 for phase in wanted):
        refuse_unpushed(session)
    with session.state.exclusive():
        start_on(session, target, f"`inv up` of {session.environment}")
        phases.run(session, wanted)
        context = kubeconfig.merge(session, kubeconfig.users_own()) if merge else ""
    if session.recorded.phase < NUMBERS[-1]:
        console.good(f"phase {wanted[-1].number} is done; `inv up --phase {wanted[-1].number + 1}` is the next")
        return
    status.show(session)
    console.info("")
    took = console.seconds(time.monotonic() - start)
    console.good(f"{session.environment} is up on {session.provider.name} after {took}")
    if context:
        console.info(f"  kubectl --context {context} get pods -A   (in {session.recorded.merged_into})")
    console.info(f"  export KUBECONFIG={session.state.kubeconfig}")
    console.info("  inv status, inv logs NAME, inv sync after an edit, inv down")


def start_on(session: Session, target: Target, what: str) -> None:
    """Print the provider's banner and warnings, ask before changing an external cluster, and get the programs.

    Raises Findings for fatal problems.
    """
    console.info(session.provider.banner)
    problems = session.provider.problems(session)
    for problem in problems:
        if not problem.fatal:
            console.warn(problem.what)
            console.hint(problem.fix)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        fixes = list(dict.fromkeys(problem.fix for problem in fatal))
        raise Findings([problem.what for problem in fatal], "\n".join(fixes))
    confirm(session, target, what)
    session.provider.prepare()
    session.state.prepare()
    session.note()


def down(target: Target, only_made: bool = False) -> None:
    """End what `up` started, and only that; remove the state. Safe to run twice.

    For an existing cluster, print what stays in it, or raise PenstockError if `only_made` is set.
    """
    layout = find_platform()
    name = environment(layout, target.env)
    state = state_of(layout, name)
    if not state.folder.exists():
        console.good(f"{name}: there is no cluster here")
        return
    if not state.exists:  # `up` was interrupted before it recorded anything
        state.write(ClusterState(provider=choose.FALLBACK.name, environment=name))
    session = looking(name)
    if only_made and not session.provider.makes:
        raise PenstockError(
            f"{name} runs on an existing cluster ({session.recorded.context}): it is not deleted here",
            "inv down removes what is kept of it here, and lists what stays there",
        )
    if target.dry_run:
        show(session, [("", _removal)])
        return
    with state.exclusive():
        kubeconfig.unmerge(session.recorded, state.kubeconfig)
        stays = [] if session.provider.makes else _staying(session)
        gone = execute(session, _removal(session))
    for line in stays:
        console.out(line)
    console.good(f"{name}: ended {', '.join(gone) or 'nothing (nothing was left)'}, and removed {state.folder}")


def _removal(session: Session, _: Step | None = None) -> Plan:
    yield from session.provider.delete(session)
    yield Action(lambda: Command(["rm", "-r", session.state.folder]), "the state", run=lambda _: session.state.remove())


def _with_archives(session: Session, folder: str) -> Session:
    """Return the session with the archives in a folder; raises PenstockError if its nodes can't load them."""
    if not folder:
        return session
    if session.provider.name not in session.cluster.in_docker:
        raise PenstockError(
            f"the provider {session.provider.name} can't load images into nodes",
            "omit --images, or choose a provider that runs in Docker",
        )
    return replace(session, archives=tuple(in_folder(Path(folder).absolute())))


def _wanted(session: Session, only: int) -> list[phases.Phase]:
    if not only:
        return phases.PHASES
    if only not in NUMBERS:
        raise PenstockError(f"there is no phase {only}", f"the phases are {', '.join(map(str, NUMBERS))}")
    if only > session.recorded.phase + 1:
        raise PenstockError(
            f"phase {only} needs phase {only - 1}, and {session.recorded.phase or 'none'} is the last that is done",
            f"inv up --phase {session.recorded.phase + 1}",
        )
    return [phases.PHASES[only - 1]]


def _staying(session: Session) -> list[str]:
    """Return lines about what stays in an existing cluster; changes nothing."""
    if not session.kubectl.is_ready():
        return [f"{session.recorded.context} does not answer: whatever is in it stays"]
    objects = session.manifests.all_objects()
    namespaces = sorted({item.name for item in objects if item.kind == "Namespace"})
    return [
        f"left alone in {session.recorded.context}:",
        f"  {len(objects)} objects of {len(session.manifests.components)} components, which Flux goes on applying",
        f"  the namespaces {', '.join(namespaces)} with all that is in them, and flux-system with Flux",
    ]

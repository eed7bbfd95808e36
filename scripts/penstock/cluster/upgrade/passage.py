"""One leg of the rehearsal: have Flux apply a commit, watch it until nothing more happens, and see what changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from penstock.cluster import git_source, processes, sync
from penstock.cluster.actions import Plan, applying, execute
from penstock.cluster.session import Session
from penstock.cluster.temporary import KWOK
from penstock.cluster.tending import Tending
from penstock.cluster.upgrade import live
from penstock.cluster.upgrade.live import Live
from penstock.cluster.upgrade.progress import Progress
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.gitops import objects, status
from penstock.review.rehearsal import Leg, Passage, Refusal
from penstock.tools.kubectl import PENSTOCK

# Flux retries a failed component every 20 s: two retries.
PATIENCE = 45.0
_TITLES: dict[Leg, str] = {"base": "base", "head": "base → head", "back": "head → base"}
# Objects with finalizers go after Flux is done: a namespace, a claim that a pod uses.
_LEAVING_SECONDS = 30.0


@dataclass(frozen=True)
class Watched:
    """A leg as data, and what is in the cluster after it."""

    passage: Passage
    live: Live
    kinds: frozenset[str]


def bring_up(session: Session, patience: float = PATIENCE) -> Watched:
    """The leg `base`, on a cluster with Flux that has fetched the session's commit."""
    return _watched(session, "base", patience, lambda _: [], Live(), frozenset())


def move(session: Session, leg: Leg, before: Watched, patience: float = PATIENCE) -> Watched:
    """The leg from what a cluster has to the session's commit."""
    if not status.source(session.kubectl).url:
        gone = Refusal(component=objects.ROOT, message="Flux's own source is gone from the cluster: it fetches nothing")
        return Watched(Passage(leg=leg, ready=False, seconds=0, refusals=[gone]), before.live, before.kinds)
    return _watched(session, leg, patience, partial(_follow, session), before.live, before.kinds)


def _follow(session: Session, step: Step) -> Plan:
    yield from KWOK.supply(session)
    yield from git_source.follow(session, step)


def _watched(
    session: Session,
    leg: Leg,
    patience: float,
    first: Callable[[Step], Plan],
    before: Live,
    kinds: frozenset[str],
) -> Watched:
    manifests = session.manifests
    with console.step(_TITLES[leg]) as step:
        execute(session, sync.create_secrets(session, []), step)
        execute(session, first(step), step)
        patches = git_source.mirrored(session)
        execute(session, [applying(session, [objects.root(session.place, patches)], PENSTOCK)], step)
        nested = [item.name for name in manifests.components for item in manifests.nested(name)]
        progress = Progress(manifests.components, nested, session.recorded.revision, patience)
        seconds = _until_settled(session, progress, step)
        every = live.kinds(session.kubectl, kinds)
        after = _until_gone(session, every, step)
        passage = _passage(leg, progress, seconds)
        counted = f"{len(passage.refusals)} failures of Flux" if passage.refusals else "no failure of Flux"
        step.result = f"{'all Ready' if passage.ready else 'not Ready'}, {counted}"
    if leg != "base":
        passage = replace(
            passage,
            created=after.created(before),
            pruned=after.pruned(before),
            recreated=after.recreated(before),
            rolled=after.rolled(before),
        )
    return Watched(passage, after, every)


def _until_settled(session: Session, progress: Progress, step: Step) -> float:
    start, tending = time.monotonic(), Tending(session)

    def settled() -> float | None:
        processes.refuse_dead(session.recorded, list(session.recorded.processes))
        tending.tend()
        now = time.monotonic() - start
        progress.look(status.kustomizations(session.kubectl), now)
        if progress.settled(now) or now > session.timeout:
            return now
        late = progress.waiting(now)
        step.note(f"waiting for {len(late)}: {', '.join(late[:3])}{' …' if len(late) > 3 else ''}")
        return None

    # The probe itself ends the wait at the timeout: that is a result, too.
    return until(settled, session.timeout * 2, step, "Flux", lambda: PenstockError("Flux did not answer", "try again"))


def _until_gone(session: Session, kinds: frozenset[str], step: Step) -> Live:
    start = time.monotonic()

    def gone() -> Live | None:
        found = live.read(session.kubectl, kinds)
        return found if not found.leaving or time.monotonic() - start > _LEAVING_SECONDS else None

    late = PenstockError("the API server did not answer", "try again")
    return until(gone, session.timeout, step, "objects that are being deleted", lambda: late)


def _passage(leg: Leg, progress: Progress, seconds: float) -> Passage:
    refusals = progress.refusals()
    open_ = {refusal.component for refusal in refusals if refusal.until is None}
    # Those that wait for a failed component or for each other have no failure of their own.
    refusals += [
        Refusal(component=name, message=f"not Ready after {seconds:.0f} s: {message}", since=seconds)
        for name, message in progress.stuck()
        if name not in open_
    ]
    return Passage(leg=leg, ready=progress.ready, seconds=seconds, spans=progress.spans(), refusals=refusals)

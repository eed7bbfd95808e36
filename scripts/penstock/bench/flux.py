"""Benchmark of Flux on one cluster: hundreds of Kustomizations, the real controllers, one commit that changes all.

The cluster is on kwok, as in a rehearsal. Each Kustomization has what Flux's own benchmark gives an application, but an
Ingress: a Deployment scaled to zero, a ServiceAccount and a Service (https://github.com/fluxcd/flux-benchmark).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil

from penstock.bench.applications import ENVIRONMENT, SHARD, make
from penstock.bench.measure import watching
from penstock.bench.repository import commit_all
from penstock.cluster import git_source, phases, processes
from penstock.cluster.actions import applying, execute
from penstock.cluster.session import Session
from penstock.cluster.temporary import KWOK, cluster
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.console import Step, seconds
from penstock.core.errors import PenstockError
from penstock.gitops import objects, status
from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import Content
from penstock.platform.cluster import Cluster
from penstock.tools import flux
from penstock.tools.kubectl import PENSTOCK

_DEADLINE = 1800.0
_EVERY = 0.5


@dataclass(frozen=True)
class Setting:
    """How kustomize-controller runs: `concurrent` is its number of workers, `shards` that of its processes."""

    concurrent: int
    shards: int = 1

    def __str__(self) -> str:
        """The setting for a table."""
        return f"--concurrent={self.concurrent}" + (f", {self.shards} shards" if self.shards > 1 else "")


# Kustomizations that share a source.
_TOGETHER = 20


@dataclass(frozen=True)
class FluxTimes:
    """One commit that changes every Kustomization: seconds from the request to fetch it until all were Ready again.

    `sources` is the number of GitRepositories, `processor` the seconds of kustomize-controller on all cores. `memory`
    and `source` are the peak bytes of kustomize-controller, all of its shards, and of source-controller.
    """

    count: int
    sources: int
    setting: Setting
    wall: float
    processor: float
    memory: int
    source: int


def measure_flux(folder: Path, counts: Sequence[int]) -> list[FluxTimes]:
    """Measure these numbers of Kustomizations, each on a cluster of its own."""
    KWOK.prepare()
    found: list[FluxTimes] = []
    for count in counts:
        for number, (together, settings) in enumerate(_plan(count)):
            found += _measured(folder / f"{count}-{number}", count, together, settings)
    return found


def _plan(count: int) -> Iterator[tuple[int, Sequence[Setting]]]:
    """Yield how many Kustomizations share a source, and the settings; a cluster for each. Large ones take minutes."""
    if count <= 100:
        yield count, (Setting(20),)  # what Flux's benchmark sets
        yield _TOGETHER, (Setting(20), Setting(50))
    else:
        yield _TOGETHER, (Setting(50), Setting(25, shards=2)) if count <= 500 else (Setting(50),)


def _measured(folder: Path, count: int, together: int, settings: Sequence[Setting]) -> Iterator[FluxTimes]:
    shards = max(each.shards for each in settings)
    layout = make(folder, count, together, shards, 0)
    groups = sorted(path.name for path in layout.tree(ENVIRONMENT).glob("group-*"))
    commit_all(folder)
    with cluster(layout, ENVIRONMENT, Cluster()) as session:
        session = replace(session, timeout=_DEADLINE)
        phases.run(session, phases.PHASES[:2])
        with console.step(f"{count} Kustomizations: installation") as step, _controllers(session, Setting(50)):
            new = [*_sources(session, groups), objects.root(session.place, [])]
            execute(session, [applying(session, new, PENSTOCK)], step)
            _await_ready(session, count, step)
        for number, setting in enumerate(settings, 1):
            make(folder, count, together, shards, number)
            with console.step(f"{count} Kustomizations: one commit, {setting}, {len(groups)} sources") as step:
                found = _commit(session, count, groups, setting, step)
                step.result = f"Ready after {seconds(found.wall)}, {seconds(found.processor)} of processor time"
            yield found


def _sources(session: Session, groups: Sequence[str]) -> Iterator[Content]:
    """The source of each group: the platform's own, without the folders of all others."""
    own = session.kubectl.get_one(status.SOURCES, objects.SOURCE, NAMESPACE) or {}
    for group in groups:
        ignore = f"/*\n!/manifests\n/manifests/*\n!/manifests/{ENVIRONMENT}\n/manifests/{ENVIRONMENT}/*\n"
        spec = {**own["spec"], "ignore": f"{ignore}!/manifests/{ENVIRONMENT}/{group}\n"}
        yield {**own, "metadata": {"name": group, "namespace": NAMESPACE}, "spec": spec}


def _commit(session: Session, count: int, groups: Sequence[str], setting: Setting, step: Step) -> FluxTimes:
    with _controllers(session, setting) as running:
        _await_idle(running, step)
        before, start = _processor(running), time.monotonic()
        source = processes.find(session.recorded.processes["source-controller"])
        with watching(lambda: (running, [source] if source else []), _EVERY) as peaks:
            execute(session, git_source.follow(session, step), step)
            execute(session, [git_source.reconciling(session, status.SOURCES, groups, git_source.now())], step)
            _await_ready(session, count, step)
        wall = time.monotonic() - start
        return FluxTimes(count, len(groups), setting, wall, _processor(running) - before, *peaks)


@contextmanager
def _controllers(session: Session, setting: Setting) -> Iterator[list[psutil.Process]]:
    """Run kustomize-controller with a setting, instead of the one that runs; the first process has the root alone."""
    _end(session, [flux.KUSTOMIZE_CONTROLLER])
    plain = flux.kustomize_controller(session.state.kubeconfig, session.state.folder / "tmp")
    selectors = {flux.KUSTOMIZE_CONTROLLER: f"!{SHARD}" if setting.shards > 1 else ""}
    if setting.shards > 1:
        selectors |= {f"shard{number}": f"{SHARD}=shard{number}" for number in range(setting.shards)}
    for name, selector in selectors.items():
        scratch = session.state.folder / f"tmp-{name}"
        scratch.mkdir(exist_ok=True)
        more = [f"--concurrent={setting.concurrent}", *([f"--watch-label-selector={selector}"] if selector else [])]
        command = replace(plain, argv=[*plain.argv, *more], env={**plain.env, "TMPDIR": str(scratch)})
        processes.start(session.state, session.recorded, name, command)
    try:
        yield [found for name in selectors if (found := processes.find(session.recorded.processes[name]))]
    finally:
        _end(session, list(selectors))


def _end(session: Session, names: Sequence[str]) -> None:
    ended = [session.recorded.processes.pop(name) for name in names if name in session.recorded.processes]
    running = [found for process in ended if (found := processes.find(process))]
    for process in running:
        process.terminate()
    psutil.wait_procs(running, timeout=30)


def _await_ready(session: Session, count: int, step: Step) -> None:
    """Wait until all Kustomizations are Ready at the session's commit."""

    def ready() -> bool | None:
        processes.refuse_dead(session.recorded, list(session.recorded.processes))
        items = status.kustomizations(session.kubectl).values()
        done = sum(item.ready and item.revision == session.recorded.revision for item in items)
        step.note(f"{done} of {count + 1} Ready")
        return True if done == count + 1 else None

    late = partial(PenstockError, f"{count} Kustomizations weren't Ready in time", "give Flux more time or cores")
    until(ready, session.timeout, step, "Flux", late)


def _await_idle(running: list[psutil.Process], step: Step) -> None:
    """Wait until a controller that has just started is done with what it finds."""

    def idle() -> bool | None:
        return True if all(process.cpu_percent(interval=2) < 5 for process in running) else None

    until(idle, _DEADLINE, step, "the controllers to be idle", partial(PenstockError, "Flux stays busy", "try again"))


def _processor(running: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in running)

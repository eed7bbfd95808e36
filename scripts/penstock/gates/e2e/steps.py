"""The steps of a trial. Each function gets a deadline in seconds, and returns its result as text, or raises."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from penstock.cluster.providers.choose import named
from penstock.cluster.smoke.check import Outcome
from penstock.cluster.waiting import until
from penstock.core.console import Step as Progress
from penstock.core.errors import Findings, PenstockError
from penstock.core.model import decode
from penstock.gates import owned
from penstock.gates.e2e import remains
from penstock.gates.e2e.trial import Trial
from penstock.gitops import status
from penstock.kube.objects import Object
from penstock.kube.ref import Content
from penstock.platform.manifests import Manifests

# A terminated process may take a moment to exit.
_SETTLED_SECONDS = 10.0


@dataclass
class Run:
    """A trial, the component that it removes from Git, and the machine's state before it."""

    trial: Trial
    component: str
    machine: remains.Look

    @property
    def where(self) -> list[str]:
        """The verbs' arguments for the environment."""
        return ["-e", self.trial.environment]


@dataclass(frozen=True)
class Step:
    """A step: its name, its function, its deadline in seconds, and where to look after a failure."""

    name: str
    run: Callable[[Run, float], str]
    seconds: float
    look: str


class StepFailed(Findings):
    """A step that failed; its hint is the step's `look`."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__(findings, "")


def up(run: Run, deadline: float) -> str:
    """`inv up` creates a cluster with the platform on it."""
    run.trial.up(deadline)
    items = status.kustomizations(run.trial.kubectl)
    late = [f"{item.name} is not Ready: {item.reason}: {item.message}" for item in items.values() if not item.ready]
    if late or not items:
        raise StepFailed(late or ["inv up succeeded, but Flux has no Kustomization"])
    return f"{len(items)} Kustomizations Ready"


def smoke(run: Run, deadline: float) -> str:
    """Every check of `inv smoke` passes, but those that ask a stand-in.

    `not applicable` is accepted only if the provider runs no pods, `stand-in` only if the trial brought the images.
    """
    answer = run.trial.ask("smoke", *run.where, "--json", seconds=deadline, ok=(0, 1))
    try:
        outcomes = decode(answer.stdout, list[Outcome])
    except msgspec.DecodeError as error:
        raise StepFailed([f"inv smoke --json printed invalid JSON ({error}): {answer.text[:80]!r}"]) from None
    # Some checks need running pods; with a provider that runs them, every check has to pass.
    runs_pods = named(run.trial.provider).runs_pods
    tolerated = {"passed", *([] if runs_pods else ["not applicable"]), *(["stand-in"] if run.trial.images else [])}
    bad = [f"{item.check} {item.result}: {item.says}" for item in outcomes if item.result not in tolerated]
    passed = sum(item.result == "passed" for item in outcomes)
    if bad or not passed:
        raise Findings(
            bad or ["no check passed"], "\n".join(f"{item.check}: {item.look}" for item in outcomes if item.look)
        )
    replaced = [item.check for item in outcomes if item.result == "stand-in"]
    text = f"{passed} of {len(outcomes)} checks passed"
    return f"{text}; by stand-ins and not checked: {', '.join(replaced)}" if replaced else text


def again(run: Run, deadline: float) -> str:
    """A second `inv up` changes none of the objects that Flux owns."""
    kinds = owned.kinds(run.trial.kubectl)
    before = owned.read(run.trial.kubectl, kinds)
    run.trial.up(deadline)
    lines = owned.differences(before, owned.read(run.trial.kubectl, kinds))
    if lines or not before:
        raise StepFailed(lines or ["Flux owns nothing"])
    return f"{len(before)} objects unchanged"


def prune(run: Run, deadline: float) -> str:
    """Removing a component from Git removes exactly its objects from the cluster.

    Others may change as their manifests did, such as a Role that allowed Flux to apply the component.
    """
    trial = run.trial
    kinds = owned.kinds(trial.kubectl)
    before = owned.read(trial.kubectl, kinds)
    doomed = {key for key, item in before.items() if item.component == run.component}
    doomed |= {key for key in before if key.startswith(f"flux-system_{run.component}_kustomize.toolkit.fluxcd.io_")}
    if not doomed:
        raise PenstockError(f"Flux owns no object of {run.component}", "name another component with --component")
    rendered = _rendered(trial)
    shutil.rmtree(trial.layout.components / run.component)
    trial.inv("hydrate", *run.where, seconds=deadline / 2)
    edited = {key for key, item in _rendered(trial).items() if key in rendered and rendered[key] != item}
    trial.commit(f"Remove {run.component}")
    trial.inv("sync", *run.where, f"--timeout={deadline / 2:.0f}", seconds=deadline)

    def gone() -> dict[str, Object] | None:
        present = owned.read(trial.kubectl, kinds)
        return None if doomed & present.keys() else present

    def stays() -> PenstockError:
        left = doomed & owned.read(trial.kubectl, kinds).keys()
        return StepFailed([f"{key} still exists" for key in sorted(left)])

    after = until(gone, deadline / 2, Progress("prune"), f"Flux to prune {run.component}", stays)
    kept = {key: item for key, item in before.items() if key not in doomed | edited}
    # The root's inventory loses a Kustomization, but no object changes.
    lines = owned.differences(kept, {key: item for key, item in after.items() if key not in edited})
    if lines:
        raise StepFailed([f"{line}, but doesn't belong to {run.component}" for line in lines])
    more = f", {len(edited)} changed with the manifests" if edited else ""
    return f"{len(doomed)} objects of {run.component} removed, {len(kept)} unchanged{more}"


def down(run: Run, deadline: float) -> str:
    """`inv down` leaves no container, network, volume, process, state or kubeconfig entry."""
    run.trial.inv("down", *run.where, seconds=deadline)

    def clean() -> bool | None:
        return None if _left(run) else True

    until(clean, _SETTLED_SECONDS, Progress("down"), "everything to be removed", lambda: StepFailed(_left(run)))
    return "nothing is left"


STEPS = [
    Step("up", up, 1200, "the error above; inv status, inv logs NAME, kubectl get events -A"),
    Step("smoke", smoke, 1800, "what each failed check names"),
    Step("again", again, 300, "kubectl get KIND NAME -o yaml --show-managed-fields shows which writer changed it"),
    Step("prune", prune, 300, "kubectl -n flux-system describe kustomization platform; inv logs kustomize-controller"),
    Step("down", down, 300, "docker ps -a, docker network ls, docker volume ls, ps; the output of `inv down` above"),
]


def _rendered(trial: Trial) -> dict[str, Content]:
    """Inventory id -> object of the trial's manifests."""
    objects = Manifests(trial.layout.tree(trial.environment)).all_objects()
    return {item.ref.inventory_id: item.content for item in objects}


def _left(run: Run) -> list[str]:
    lines = remains.left(run.machine, remains.look(run.trial.layout.root.parent))
    if run.trial.state.folder.exists():
        lines.append(f"{run.trial.state.folder} is left")
    return lines

"""A check, its input, and its outcome."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from penstock.cluster.waiting import until
from penstock.core.console import Step, seconds
from penstock.core.errors import PenstockError
from penstock.kube.live import Conditioned
from penstock.kube.objects import Object
from penstock.tools.kubectl import Kubectl

Value = TypeVar("Value")
Result = Literal["passed", "failed", "not applicable", "stand-in"]
Identity = tuple[str, str, str]
"""Kind, namespace and name of an object of the manifests."""


class CheckFailed(PenstockError):
    """A failed check; its `look` names where to find the cause."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "inv status; inv logs NAME")


class NotApplicable(CheckFailed):
    """A check that doesn't apply to this cluster at present; the message gives the reason."""


@dataclass(frozen=True)
class World:
    """A cluster and its expected state.

    `components` and `objects` are those of the manifests. `revision` is their commit; if it is empty, Flux may have
    fetched any commit. `address` is the Gateway's address as host:port. `stand_ins` names the programs whose images are
    stand-ins.
    """

    kubectl: Kubectl
    components: list[str]
    objects: list[Object]
    domain: str
    revision: str
    address: str
    stand_ins: frozenset[str] = frozenset()

    def find(self, identity: Identity) -> Object | None:
        """Return an object of the manifests; None if they don't have it."""
        return next((item for item in self.objects if (item.kind, *item.key) == identity), None)


@dataclass(frozen=True)
class Check:
    """A check of one promise of the platform.

    `run` takes the world, a step and a deadline in seconds; it returns what it saw, or raises PenstockError. `look`
    names where to find the cause of a failure. `pods` is set if the check needs running pods. The check applies only if
    the manifests contain `needs`. `proves` names the programs that it is about: with a stand-in for one of them, it
    would prove nothing.
    """

    name: str
    run: Callable[[World, Step, float], str]
    look: str
    seconds: float = 60.0
    pods: bool = True
    needs: Identity | None = None
    proves: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of a check; `look` is empty unless it failed."""

    check: str
    result: Result
    seconds: float
    says: str
    look: str = ""


def carry_out(check: Check, world: World, simulated: bool) -> Outcome:
    """Run a check. It is `not applicable` if it doesn't apply to the cluster, `stand-in` if it would ask a stand-in."""
    if simulated and check.pods:
        return Outcome(check.name, "not applicable", 0.0, "no pod runs here: the nodes are simulated")
    if check.needs and world.find(check.needs) is None:
        kind, namespace, name = check.needs
        return Outcome(check.name, "not applicable", 0.0, f"this environment has no {kind} {namespace}/{name}")
    replaced = [program for program in check.proves if program in world.stand_ins]
    if replaced:
        return Outcome(check.name, "stand-in", 0.0, f"the image is a stand-in: {', '.join(replaced)}")
    start = time.monotonic()
    try:
        says = check.run(world, Step(check.name), check.seconds)
    except NotApplicable as reason:
        return Outcome(check.name, "not applicable", round(time.monotonic() - start, 2), reason.message)
    except PenstockError as error:
        return Outcome(check.name, "failed", round(time.monotonic() - start, 2), error.message, check.look)
    return Outcome(check.name, "passed", round(time.monotonic() - start, 2), says)


def is_simulated(kubectl: Kubectl) -> bool:
    """Whether kwok simulates every node; raises PenstockError if there are no nodes."""
    nodes = kubectl.read(Conditioned, "nodes")
    if not nodes:
        raise PenstockError("the cluster has no nodes", "run inv up; kubectl get nodes")
    return all(item.metadata.annotations.get("kwok.x-k8s.io/node") == "fake" for item in nodes)


class _Secret(msgspec.Struct):
    data: dict[str, str] = {}


def secret(world: World, namespace: str, name: str, keys: tuple[str, ...]) -> list[str]:
    """Return the decoded values of a Secret's keys; raises CheckFailed if the Secret or a key is missing."""
    item = world.kubectl.read_one(_Secret, "secret", name, namespace)
    if item is None:
        raise CheckFailed(f"there is no Secret {namespace}/{name}")
    missing = [key for key in keys if key not in item.data]
    if missing:
        raise CheckFailed(f"Secret {namespace}/{name} has no {', '.join(missing)}")
    return [base64.b64decode(item.data[key]).decode() for key in keys]


def wait(probe: Callable[[], Value | None], deadline: float, step: Step, what: str) -> Value:
    """Call `probe` until it doesn't return None; after `deadline` seconds, raises CheckFailed with its last error."""
    complaint = [f"{what}: no answer"]

    def attempt() -> Value | None:
        try:
            return probe()
        except PenstockError as error:
            complaint[0] = error.message
            return None

    return until(attempt, deadline, step, what, lambda: CheckFailed(f"{complaint[0]} (waited {seconds(deadline)})"))

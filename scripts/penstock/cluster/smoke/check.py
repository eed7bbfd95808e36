"""A check, what it gets, and how it ended."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from penstock.cluster.waiting import until
from penstock.core.console import Step, seconds
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import Kubectl

Value = TypeVar("Value")
Wanted = tuple[str, str, str]
"""Kind, namespace and name of an object of the manifests."""


class CheckFailed(PenstockError):
    """A promise that is not kept; the check's `look` says where the cause shows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "inv status; inv logs NAME")


class NotApplicable(CheckFailed):
    """What a check is about can't be judged here and now; its message says why."""


@dataclass(frozen=True)
class World:
    """A cluster and what it should be.

    `objects` are those of the manifests by component, `revision` is the commit that they are from (empty: whatever Flux
    fetched), `address` is where the Gateway answers, as host:port.
    """

    kubectl: Kubectl
    objects: dict[str, list[dict[str, Any]]]
    domain: str
    revision: str
    address: str

    def find(self, wanted: Wanted) -> dict[str, Any] | None:
        """An object of the manifests."""
        every = (item for items in self.objects.values() for item in items)
        return next((item for item in every if _wanted(item) == wanted), None)


@dataclass(frozen=True)
class Check:
    """One promise.

    `run` gets the world, a step and a deadline in seconds; it gives what it saw, or raises PenstockError. `look` says
    where the cause of a failure shows. `pods`: it means something only where pods really run. `wants` has to be in the
    manifests, or there is nothing to check.
    """

    name: str
    run: Callable[[World, Step, float], str]
    look: str
    seconds: float = 60.0
    pods: bool = True
    wants: Wanted | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How a check ended: `result` is passed, failed or not applicable; `look` is empty unless it failed."""

    check: str
    result: str
    seconds: float
    says: str
    look: str = ""


def carry_out(check: Check, world: World, simulated: bool) -> Outcome:
    """Run one check. What can't be judged here is not applicable, and never passed."""
    if simulated and check.pods:
        return Outcome(check.name, "not applicable", 0.0, "no pod runs here: the nodes are simulated")
    if check.wants and world.find(check.wants) is None:
        kind, namespace, name = check.wants
        return Outcome(check.name, "not applicable", 0.0, f"this environment has no {kind} {namespace}/{name}")
    start = time.monotonic()
    try:
        says = check.run(world, Step(check.name), check.seconds)
    except NotApplicable as reason:
        return Outcome(check.name, "not applicable", round(time.monotonic() - start, 2), reason.message)
    except PenstockError as error:
        return Outcome(check.name, "failed", round(time.monotonic() - start, 2), error.message, check.look)
    return Outcome(check.name, "passed", round(time.monotonic() - start, 2), says)


def _wanted(item: dict[str, Any]) -> Wanted:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def is_simulated(kubectl: Kubectl) -> bool:
    """Whether every node is one of kwok's; PenstockError when there is none."""
    nodes = kubectl.get("nodes")
    if not nodes:
        raise PenstockError("the cluster has no nodes", "inv up makes one; kubectl get nodes")
    return all(item["metadata"].get("annotations", {}).get("kwok.x-k8s.io/node") == "fake" for item in nodes)


def secret(world: World, namespace: str, name: str, keys: tuple[str, ...]) -> list[str]:
    """The values of a Secret's keys; PenstockError when it or one of them isn't there."""
    found = world.kubectl.get_one("secret", name, namespace)
    if found is None:
        raise CheckFailed(f"there is no Secret {namespace}/{name}")
    missing = [key for key in keys if key not in found.get("data", {})]
    if missing:
        raise CheckFailed(f"Secret {namespace}/{name} has no {', '.join(missing)}")
    return [base64.b64decode(found["data"][key]).decode() for key in keys]


def wait(probe: Callable[[], Value | None], deadline: float, step: Step, what: str) -> Value:
    """Call `probe` until it gives something; what it raised last is what is said when it never did."""
    complaint = [f"{what}: nothing came"]

    def attempt() -> Value | None:
        try:
            return probe()
        except PenstockError as error:
            complaint[0] = error.message
            return None

    return until(attempt, deadline, step, what, lambda: CheckFailed(f"{complaint[0]} (waited {seconds(deadline)})"))

"""Read a cluster's CustomResourceDefinitions, and wait until the API server serves them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.kube.live import Conditioned
from penstock.tools.kubectl import Kubectl

_SECONDS = 30.0
# An API server establishes a definition at most five seconds after it has accepted the names.
_STUCK = timedelta(seconds=10)
_APPLIED = "customresourcedefinition.apiextensions.k8s.io/"


def names(kubectl: Kubectl) -> dict[str, bool]:
    """Map every CustomResourceDefinition of the cluster to whether it is established."""
    return {
        item.metadata.name: _is_established(item) for item in kubectl.read(Conditioned, "customresourcedefinitions")
    }


def created(kubectl: Kubectl) -> set[str]:
    """Return a line for each definition of the cluster: its name, and when it was created."""
    return set(kubectl.run("get", "customresourcedefinitions", "--no-headers").text.splitlines())


def established(definitions: Iterable[Conditioned]) -> set[str]:
    """Return the names of those that the API server serves."""
    return {item.metadata.name for item in definitions if _is_established(item)}


def await_established(kubectl: Kubectl, expected: set[str], step: Step) -> None:
    """Wait until these are established; raises PenstockError with the missing ones after 30 seconds."""

    def late() -> list[str]:
        return sorted(expected - established(release_stuck(kubectl, expected)))

    # `kubectl wait` checks them one by one, which takes 0.1 seconds each.
    until(
        lambda: None if late() else True,
        _SECONDS,
        step,
        "the API server to serve the definitions",
        lambda: PenstockError(
            f"the API server does not serve {', '.join(late())}",
            f"KUBECONFIG={kubectl.kubeconfig} kubectl get crd -o yaml shows why, in status.conditions",
        ),
    )


def release_stuck(kubectl: Kubectl, expected: set[str] | None = None) -> list[Conditioned]:
    """Make the API server establish definitions whose names it accepted before it was killed; returns all definitions.

    With `expected`, others are left alone. After its restart the API server skips a definition whose accepted names are
    those of its spec, established or not (naming_controller.go of apiextensions-apiserver): cleared, it begins again.
    """
    found = kubectl.read(Conditioned, "customresourcedefinitions")
    cleared = json.dumps({"status": {"acceptedNames": {"kind": "", "plural": ""}}})
    for name in (item.metadata.name for item in found if _is_stuck(item)):
        if expected is None or name in expected:
            patch = ["patch", "customresourcedefinition", name, "--subresource=status", "--type=merge", "-p", cleared]
            kubectl.run(*patch)
    return found


def _is_stuck(item: Conditioned) -> bool:
    accepted = item.condition("NamesAccepted")
    if accepted is None or accepted.status != "True" or not accepted.last_transition_time or _is_established(item):
        return False
    return datetime.now(UTC) - datetime.fromisoformat(accepted.last_transition_time) > _STUCK


def _is_established(item: Conditioned) -> bool:
    found = item.condition("Established")
    return found is not None and found.status == "True"


def in_output(text: str) -> set[str]:
    """Return the names of the CustomResourceDefinitions in the output of `kubectl apply`."""
    return {match[1] for match in re.finditer(rf"^{re.escape(_APPLIED)}(\S+) ", text, re.MULTILINE)}

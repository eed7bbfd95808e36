"""Read a cluster's CustomResourceDefinitions, and wait until the API server serves them."""

from __future__ import annotations

import re

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.kube.live import Conditioned
from penstock.tools.kubectl import Kubectl

_SECONDS = 30.0
_APPLIED = "customresourcedefinition.apiextensions.k8s.io/"


def names(kubectl: Kubectl) -> dict[str, bool]:
    """Map every CustomResourceDefinition of the cluster to whether it is established."""
    return {
        item.metadata.name: _is_established(item) for item in kubectl.read(Conditioned, "customresourcedefinitions")
    }


def await_established(kubectl: Kubectl, expected: set[str], step: Step) -> None:
    """Wait until these are established; raises PenstockError with the missing ones after 30 seconds."""

    def late() -> list[str]:
        established = names(kubectl)
        return sorted(name for name in expected if not established.get(name))

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


def _is_established(item: Conditioned) -> bool:
    found = item.condition("Established")
    return found is not None and found.status == "True"


def in_output(text: str) -> set[str]:
    """Return the names of the CustomResourceDefinitions in the output of `kubectl apply`."""
    return {match[1] for match in re.finditer(rf"^{re.escape(_APPLIED)}(\S+) ", text, re.MULTILINE)}

"""CustomResourceDefinitions: whether the API server serves them yet."""

from __future__ import annotations

import re
from typing import Any

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import Kubectl

_SECONDS = 30.0
_APPLIED = "customresourcedefinition.apiextensions.k8s.io/"


def names(kubectl: Kubectl) -> dict[str, bool]:
    """Every definition of the cluster by name, and whether it is established."""
    return {item["metadata"]["name"]: _is_established(item) for item in kubectl.get("customresourcedefinitions")}


def await_established(kubectl: Kubectl, wanted: set[str], step: Step) -> None:
    """Wait until these definitions are established; PenstockError with those that are late."""

    def late() -> list[str]:
        there = names(kubectl)
        return sorted(name for name in wanted if not there.get(name))

    # `kubectl wait` looks at one after the other, a tenth of a second each.
    until(
        lambda: None if late() else True,
        _SECONDS,
        step,
        "the API server to serve the definitions",
        lambda: PenstockError(
            f"the API server does not serve {', '.join(late())}",
            f"KUBECONFIG={kubectl.kubeconfig} kubectl get crd -o yaml says why, in status.conditions",
        ),
    )


def _is_established(item: dict[str, Any]) -> bool:
    conditions = item.get("status", {}).get("conditions") or []  # null in the first moment
    return any(found["type"] == "Established" and found["status"] == "True" for found in conditions)


def in_answer(text: str) -> set[str]:
    """The definitions among what `kubectl apply` says that it applied, a line each."""
    return {found[1] for found in re.finditer(rf"^{re.escape(_APPLIED)}(\S+) ", text, re.MULTILINE)}

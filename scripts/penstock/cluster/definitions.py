"""CustomResourceDefinitions: whether the API server serves them yet."""

from __future__ import annotations

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import Kubectl

_SECONDS = 30.0
_ESTABLISHED = '{.status.conditions[?(@.type=="Established")].status}'
_LINES = f'{{range .items[*]}}{{.metadata.name}} {_ESTABLISHED}{{"\\n"}}{{end}}'


def names(kubectl: Kubectl) -> dict[str, bool]:
    """Every definition of the cluster by name, and whether it is established."""
    text = kubectl.run("get", "customresourcedefinitions", "-o", f"jsonpath={_LINES}").text
    return {name: said == "True" for name, _, said in (line.partition(" ") for line in text.splitlines())}


def await_established(kubectl: Kubectl, step: Step) -> None:
    """Wait until every definition is established; PenstockError with those that are late."""

    def late() -> list[str]:
        return sorted(name for name, is_established in names(kubectl).items() if not is_established)

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

"""Phase 1: apply the components that Flux's pods need to run: CustomResourceDefinitions, the network and DNS.

They are ordinary components. Phase 1 applies the same files as Flux does later, with Flux's field manager, so Flux
adopts the objects unchanged.
"""

from __future__ import annotations

from functools import cache, partial

from penstock.cluster import crds, nodes
from penstock.cluster.actions import Action, Plan, Work, applying
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result
from penstock.gitops import mirror, status
from penstock.kube.flux import NAMESPACE
from penstock.kube.objects import Object, Workload
from penstock.kube.read import read
from penstock.kube.ref import ObjectRef
from penstock.kube.references import POD_TEMPLATES
from penstock.tools.kubectl import Kubectl

_FIRST = ("Namespace", "CustomResourceDefinition")
# Between two looks at the definitions.
_ROLLOUT_SECONDS = 10
_ROLLED_OUT = ("DaemonSet", "Deployment")


def apply(session: Session, step: Step, component: str) -> Plan:
    """Apply a component unless Flux has, and wait for its workloads if pods run."""
    kubectl, manifests = session.kubectl, session.manifests
    missing = cache(lambda: not is_applied_by_flux(session, component))

    def define(command: Command) -> None:
        crds.await_established(kubectl, crds.in_output(kubectl.carry_out(command).text), step)

    files = [path for item in manifests.nested(component) for path in mirror.applied(manifests, item)]
    if files:
        about = f"{len(files)} files of {component}'s source, definitions"
        yield Action(lambda: kubectl.applying_files(files), about, missing, define)
    own = by_hand(session, component)
    if own:
        yield applying(session, [item.content for item in own], needed=missing, what=component)
    network = session.provider.runs_pods and _on_host_network(session, component)
    yield Work(
        f"wait for {', '.join(map(str, network))}, and for the nodes" if network else "",
        lambda: _applied(session, component, step) if missing() else f"{component} is already applied by Flux",
    )


def is_applied_by_flux(session: Session, component: str) -> bool:
    """Whether Flux has applied a component."""
    if session.recorded.phase < 2 and session.provider.makes:
        return False  # Flux isn't installed yet
    # An existing cluster may have Flux although the state doesn't record it, or lack Flux's kinds.
    argv = ["get", status.KUSTOMIZATIONS, component, "-n", NAMESPACE, "--ignore-not-found"]
    return bool(session.kubectl.run(*argv, "-o", "jsonpath={.status.lastAppliedRevision}", ok=(0, 1)).text.strip())


def lacking(session: Session) -> list[str]:
    """Return the components of phase 1 that the cluster lacks or has only partly, in order."""
    if session.recorded.phase:
        return []
    return [name for name in session.bootstrap if not _is_complete(session, name)]


def by_hand(session: Session, component: str) -> list[Object]:
    """Return the objects of a component that phase 1 applies.

    Namespaces and CustomResourceDefinitions come first, and workloads last: the controllers make no pod before its
    ServiceAccount is there, and then wait before they try again. Objects of Flux's kinds are left out: the kinds don't
    exist before phase 2.
    """
    objects = session.manifests.objects(component)
    own = [item for item in objects if not item.ref.group.endswith(".toolkit.fluxcd.io")]
    return sorted(own, key=lambda item: (item.kind not in _FIRST, item.kind in POD_TEMPLATES))


def has_pods(session: Session, component: str) -> bool:
    """Whether a component creates pods."""
    return any(item.kind in POD_TEMPLATES for item in session.manifests.objects(component))


def changed(session: Session) -> list[str]:
    """Return a line for each object of phase 1 whose generation changed when Flux adopted it."""
    before = session.recorded.bootstrapped
    now = (
        _generations(session, [item for name in session.bootstrap for item in by_hand(session, name)]) if before else {}
    )
    return [
        f"{key} was changed when Flux adopted it: generation {generation}, now {now[key]}"
        for key, generation in before.items()
        if now.get(key, generation) != generation
    ]


def _is_complete(session: Session, component: str) -> bool:
    """Whether the cluster has every object that `apply` applies; kubectl exits with 1 for a missing one."""
    plan = apply(session, Step(""), component)
    streams = [action.command().stdin for action in plan if isinstance(action, Action)]
    return not any(session.kubectl.run("get", "-o", "name", "-f", "-", stdin=text, ok=(0, 1)).code for text in streams)


def _applied(session: Session, component: str, step: Step) -> str:
    session.recorded.bootstrapped |= _generations(session, by_hand(session, component))
    session.note()
    if session.provider.runs_pods:
        _await_network(session, component, step)
    return f"{component} applied"


def _generations(session: Session, objects: list[Object]) -> dict[str, int]:
    """Map inventory ids to generations, for every object that has one."""
    return {
        ObjectRef.of(item).inventory_id: int(item["metadata"]["generation"])
        for item in session.kubectl.get_these([each.content for each in objects])
        if "generation" in item["metadata"]
    }


def _on_host_network(session: Session, component: str) -> list[Workload]:
    """Return the workloads of a component whose pods run on the host network.

    Only these can make the network of all other pods, which Flux waits for later: Hubble's relay isn't Ready before the
    kubelet has given the agent the certificates that a Job makes, more than a minute later.
    """
    found = (read(item) for item in by_hand(session, component) if item.kind in _ROLLED_OUT)
    return [item for item in found if isinstance(item, Workload) and item.template.spec.host_network]


def _await_network(session: Session, component: str, step: Step) -> None:
    """Wait for the workloads that make the network, and for the nodes, which become Ready once it works."""
    timeout = session.timeout
    rolled = _on_host_network(session, component)
    for item in rolled:
        until(
            partial(_is_rolled_out, session, item),
            timeout,
            step,
            f"{component}: {item.kind.lower()}/{item.name}",
            partial(_not_rolled_out, session, item),
        )
    if rolled:
        until(lambda: _nodes_ready(session), timeout, step, "the nodes to be Ready", lambda: _not_ready(session))


def _is_rolled_out(session: Session, item: Workload) -> bool | None:
    if session.provider.makes:
        # Cilium's operator waits for ever for a definition of its own that is stuck, and its agents for the operator.
        crds.release_stuck(session.kubectl)
    return True if not _rollout(session.kubectl, item, _ROLLOUT_SECONDS).code else None


def _not_rolled_out(session: Session, item: Workload) -> PenstockError:
    reason = _rollout(session.kubectl, item, 1).text.strip().rpartition("\n")[2]
    hint = f"KUBECONFIG={session.state.kubeconfig} kubectl -n {item.namespace} describe {item.kind} {item.name}"
    return PenstockError(f"{item} is not rolled out: {reason or 'no answer'}", hint)


def _rollout(kubectl: Kubectl, item: Workload, seconds: int) -> Result:
    argv = ["rollout", "status", f"{item.kind.lower()}/{item.name}", "-n", item.namespace, f"--timeout={seconds}s"]
    return kubectl.run(*argv, ok=(0, 1))


def _nodes_ready(session: Session) -> bool | None:
    reasons = nodes.late(session.kubectl)
    return True if reasons and not any(reasons.values()) else None


def _not_ready(session: Session) -> PenstockError:
    late = "; ".join(f"{name} is not Ready: {reason}" for name, reason in nodes.late(session.kubectl).items() if reason)
    return PenstockError(
        late or "the cluster has no nodes", f"KUBECONFIG={session.state.kubeconfig} kubectl describe nodes"
    )

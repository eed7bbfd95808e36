"""What phase 1 applies by hand, since no pod of Flux could run before it: definitions, the network, the cluster's DNS.

They are components like all others. What is applied here are the very files that Flux applies later, under Flux's own
field manager, so Flux adopts them without a change.
"""

from __future__ import annotations

from typing import Any

from penstock.cluster import crds, nodes
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.gitops import mirror, status
from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import ObjectRef

_FIRST = ("Namespace", "CustomResourceDefinition")
_DEFINITIONS = ", definitions"
_ROLLED_OUT = ("DaemonSet", "Deployment")


def apply(session: Session, component: str, step: Step) -> str:
    """Apply one component unless Flux has, and where pods run wait for its workloads; gives what was done."""
    if is_fluxs(session, component):
        return f"{component} is Flux's already"
    step.note(f"applying {component}")
    for command in commands(session, component):
        said = session.kubectl.carry_out(command).text
        if command.about.endswith(_DEFINITIONS):
            crds.await_established(session.kubectl, crds.in_answer(said), step)
    _note_generations(session, component)
    if session.provider.runs_pods:
        _await_workloads(session, component, step)
    return f"{component} applied"


def commands(session: Session, component: str) -> list[Command]:
    """What `apply` runs."""
    kubectl, manifests = session.kubectl, session.manifests
    files = [path for item in manifests.nested(component) for path in mirror.applied(manifests, item)]
    first = (
        [kubectl.applying_files(files, f"{len(files)} files of {component}'s source{_DEFINITIONS}")] if files else []
    )
    own = by_hand(session, component)
    return [*first, *([kubectl.applying(own)] if own else [])]


def is_fluxs(session: Session, component: str) -> bool:
    """Whether Flux has applied a component."""
    if session.recorded.phase < 2 and session.provider.makes:
        return False  # there is no Flux yet
    # In a cluster that others made Flux may be there though nothing is recorded of it here, or not even its kinds may.
    words = ["get", status.KUSTOMIZATIONS, component, "-n", NAMESPACE, "--ignore-not-found"]
    return bool(session.kubectl.run(*words, "-o", "jsonpath={.status.lastAppliedRevision}", ok=(0, 1)).text.strip())


def lacking(session: Session) -> list[str]:
    """The components of phase 1 of which the cluster lacks something, in order."""
    if session.recorded.phase:
        return []
    return [name for name in session.bootstrap if not _is_there(session, name)]


def by_hand(session: Session, component: str) -> list[dict[str, Any]]:
    """The objects of a component that phase 1 applies, in order.

    Flux's own kinds are not there before phase 2, and only Flux has a use for them.
    """
    objects = session.manifests.objects(component)
    own = [item for item in objects if not item["apiVersion"].split("/")[0].endswith(".toolkit.fluxcd.io")]
    return sorted(own, key=lambda item: item["kind"] not in _FIRST)


def changed(session: Session) -> list[str]:
    """What Flux changed when it adopted what phase 1 had applied: those objects whose generation is another one now."""
    before = session.recorded.bootstrapped
    now = (
        _generations(session, [item for name in session.bootstrap for item in by_hand(session, name)]) if before else {}
    )
    return [
        f"{key} was changed when Flux adopted it: generation {generation}, now {now[key]}"
        for key, generation in before.items()
        if now.get(key, generation) != generation
    ]


def _is_there(session: Session, component: str) -> bool:
    """Whether the cluster has all that `apply` applies; kubectl ends with 1 for what isn't there."""
    streams = [command.stdin for command in commands(session, component)]
    return not any(session.kubectl.run("get", "-o", "name", "-f", "-", stdin=text, ok=(0, 1)).code for text in streams)


def _note_generations(session: Session, component: str) -> None:
    session.recorded.bootstrapped |= _generations(session, by_hand(session, component))
    session.note()


def _generations(session: Session, objects: list[dict[str, Any]]) -> dict[str, int]:
    """Namespace_name_group_kind of every object that counts the changes of its spec, and that number."""
    found = {}
    for item in session.kubectl.get_these(objects):
        if "generation" in item["metadata"]:
            found[ObjectRef.of(item).inventory_id] = int(item["metadata"]["generation"])
    return found


def _await_workloads(session: Session, component: str, step: Step) -> None:
    """Wait for what the component brings up; the nodes are Ready once it is the network."""
    kubectl, timeout = session.kubectl, session.timeout
    rolled = [item for item in by_hand(session, component) if item["kind"] in _ROLLED_OUT]
    for item in rolled:
        name = f"{item['kind'].lower()}/{item['metadata']['name']}"
        step.note(f"{component}: {name}")
        words = ["rollout", "status", name, "-n", item["metadata"]["namespace"], f"--timeout={timeout:.0f}s"]
        kubectl.run(*words, timeout=timeout + 10)
    if rolled:
        until(lambda: _nodes_ready(session), timeout, step, "the nodes to be Ready", lambda: _not_ready(session))


def _nodes_ready(session: Session) -> bool | None:
    found = nodes.late(session.kubectl)
    return True if found and not any(found.values()) else None


def _not_ready(session: Session) -> PenstockError:
    late = "; ".join(f"{name} is not Ready: {reason}" for name, reason in nodes.late(session.kubectl).items() if reason)
    return PenstockError(late or "there are no nodes", f"KUBECONFIG={session.state.kubeconfig} kubectl describe nodes")

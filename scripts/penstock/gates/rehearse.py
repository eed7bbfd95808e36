"""The rehearsal: the real Flux applies this working tree to a real, temporary control plane."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from penstock.cluster import bootstrap, phases, processes, workloads
from penstock.cluster.session import Session
from penstock.cluster.temporary import KWOK, at_a_time, cluster
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.side_by_side import side_by_side
from penstock.gates import ordering, owned
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.kube.groups import group_of, is_built_in
from penstock.kube.kinds import is_cluster_scoped, plural
from penstock.kube.live import Pod
from penstock.kube.ref import Content, ObjectRef
from penstock.platform import classes, environments
from penstock.platform.cluster import Cluster
from penstock.platform.layout import Layout

# The phases that change a cluster; the last one only compares.
_CHANGING = phases.PHASES[:-1]
_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


_HINT = "reproduce it with inv up --provider kwok"
_SETTLES = Rule(
    "rehearse/settles",
    "An object that doesn't become Ready, that a second run changes, or that Flux changes when it adopts it.",
    "Flux and another writer would overwrite each other forever.",
    "Reproduce it with `inv up --provider kwok`; `inv logs kustomize-controller` shows Flux's log.",
)
_ORDER = Rule(
    "rehearse/order",
    "An object that Flux applied before its kind or its namespace existed; or an order that nothing needs.",
    "The first start of a cluster fails, and recovers by retries at best.",
    "hydrate derives dependsOn from what each component defines and needs; declare the rest in `penstock/defines`.",
)
_PRIVATE = Rule(
    "rehearse/private",
    "A process of the rehearsal that listens on more than 127.0.0.1, or that outlives it.",
    "A laptop would expose a control plane to its network.",
    "Report it as a bug.",
)
_KINDS = Rule(
    "rehearse/kinds",
    "A built-in kind whose scope or resource name in Penstock isn't that of the API server.",
    "hydrate demands a namespace where none is possible, or omits a needed one; Roles name the wrong resource.",
    "Correct `CLUSTER_SCOPED` or `plural` in scripts/penstock/kube/kinds.py.",
)


@gate("rehearse", rules=[_SETTLES, _ORDER, _PRIVATE, _KINDS])
def rehearse(platform: Layout) -> Iterator[Finding | Proven]:
    """A real control plane and the real Flux bring up each class of environments, in a necessary and sufficient order.

    One environment of each class is brought up.
    """
    KWOK.prepare()
    names = environments.chosen(platform)
    if not names:
        yield Proven("there is no environment to rehearse")
        return
    groups = classes.classes([platform], names)
    parts = [
        *(partial(_environment, platform, group) for group in groups),
        partial(_unordered, platform, names[0]),
        partial(_ordered, platform, names[0]),
    ]
    for found in side_by_side(lambda part: part(), parts, at_a_time()):
        yield from found


def _environment(platform: Layout, group: tuple[str, ...]) -> list[Finding | Proven]:
    name, also = group[0], classes.told(group)
    with console.labelled(name), cluster(platform, name, environments.cluster(platform, name)) as session:
        unchanged, findings = _rehearse(session)
    findings += [Finding(_PRIVATE.id, line, _HINT) for line in _left_behind(session)]
    proof = f"rehearsed; {unchanged} objects stayed as they were in the second run{also and f'; {also}'}"
    return [finding.also_in(group) for finding in findings] or [Proven(proof, name)]


def _unordered(platform: Layout, name: str) -> list[Finding | Proven]:
    with console.labelled(f"{name} without dependsOn"), cluster(platform, name, Cluster()) as session:
        return [Proven(f"without dependsOn Flux fails: {ordering.without_edges(session)}", name)]


def _ordered(platform: Layout, name: str) -> list[Finding | Proven]:
    with console.labelled(f"{name} with dependsOn"), cluster(platform, name, Cluster()) as session:
        phases.run(session, _CHANGING)
        early = ordering.disorders(session)
    proof = "with dependsOn Flux brings everything up, and no kind or namespace was ever missing"
    return [Finding(_ORDER.id, line, _HINT, environments=(name,)) for line in early] or [Proven(proof, name)]


def _rehearse(session: Session) -> tuple[int, list[Finding]]:
    """The number of objects that a second run compared, and the findings."""
    phases.run(session, phases.PHASES[:1])
    bootstrapped = _contents(session)
    phases.run(session, phases.PHASES[1:])
    adopted = _contents(session)
    changed = [f"{key} was changed when Flux adopted it" for key in bootstrapped if adopted[key] != bootstrapped[key]]
    findings = [Finding(_SETTLES.id, line, _HINT) for line in changed + _unsettled(session)]
    findings += [Finding(_ORDER.id, line, _HINT) for line in ordering.disorders(session)]
    served = session.kubectl.run("api-resources", "--no-headers").text
    findings += [Finding(_KINDS.id, line, "correct scripts/penstock/kube/kinds.py") for line in misknown(served)]
    findings += [Finding(_PRIVATE.id, line, _HINT) for line in _reachable_from_outside(session)]
    kinds = owned.kinds(session.kubectl)
    before = owned.read(session.kubectl, kinds)
    console.info(f"  {session.environment}: a second run, which must change nothing:")
    phases.run(session, _CHANGING)
    lines = owned.differences(before, owned.read(session.kubectl, kinds))
    return len(before), findings + [Finding(_SETTLES.id, f"in a second run {line}", _HINT) for line in lines]


def misknown(served: str) -> list[str]:
    """A line for each built-in kind for which kube/kinds.py differs from the output of `kubectl api-resources`."""
    findings = []
    for line in served.splitlines():
        # NAME [SHORTNAMES] APIVERSION NAMESPACED KIND
        resource, (api_version, namespaced, kind) = line.split()[0], line.split()[-3:]
        group = group_of(api_version)
        if not is_built_in(group):
            continue
        if is_cluster_scoped(group, kind) is (namespaced == "true"):
            findings.append(f"{api_version} {kind} is {'namespaced' if namespaced == 'true' else 'cluster-scoped'}")
        if plural(kind) != resource and kind != "Endpoints":
            findings.append(f"the resource of {api_version} {kind} is {resource}, not {plural(kind)}")
    return findings


def _left_behind(session: Session) -> list[str]:
    return [
        f"{name} still runs after the rehearsal"
        for name, process in session.recorded.processes.items()
        if processes.find(process)
    ]


def _contents(session: Session) -> dict[str, tuple[Content, int | None]]:
    """The live objects that phase 1 applied directly, without metadata and status, with their generations."""
    applied = [item.content for component in session.bootstrap for item in bootstrap.by_hand(session, component)]
    present = session.kubectl.get_these(applied)
    if len(present) != len(applied):
        raise PenstockError(
            f"phase 1 applied {len(applied)} objects, {len(present)} exist", "run inv up, then inv status"
        )
    return {
        str(ObjectRef.of(item)): (
            {key: value for key, value in item.items() if key not in ("metadata", "status")},
            item["metadata"].get("generation"),
        )
        for item in present
    }


def _unsettled(session: Session) -> list[str]:
    """A line for each pod that doesn't run, each unbound claim, and each workload that lacks replicas."""
    kubectl = session.kubectl
    findings = [
        f"pod {item.metadata.namespace}/{item.metadata.name} is {item.status.phase}"
        for item in kubectl.read(Pod, "pods", "-A")
        if item.status.phase not in ("Running", "Succeeded")
    ]
    findings += [
        f"claim {item.metadata.namespace}/{item.metadata.name} is {item.status.phase}"
        for item in kubectl.read(Pod, "pvc", "-A")
        if item.status.phase != "Bound"
    ]
    return findings + [
        f"{item.kind} {item.namespace}/{item.name} has {item.ready} of {item.wanted} pods ready"
        for item in workloads.workloads(kubectl)
        if item.ready != item.wanted
    ]


def _reachable_from_outside(session: Session) -> list[str]:
    running = {name: processes.find(process) for name, process in session.recorded.processes.items()}
    return [
        f"{name} listens on {socket.laddr.ip}:{socket.laddr.port}, not only on 127.0.0.1"
        for name, process in running.items()
        for socket in (process.net_connections("tcp") if process else [])
        if socket.status == "LISTEN" and socket.laddr.ip not in _LOOPBACK
    ]

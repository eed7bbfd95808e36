"""docs/reference/connections.md: the connections that the rendered network policies allow."""

from __future__ import annotations

from itertools import product

from penstock.platform import environments
from penstock.platform.layout import Layout
from penstock.platform.rendered import Rendered, rendered
from penstock.policies.actors import actor
from penstock.policies.enforced import Enforced
from penstock.policies.parse import policies
from penstock.policies.peers import Port, shown
from penstock.policies.rules import Actor

_HEAD = """\
# Connections

<!-- written by inv reference from the policies in manifests/: change connections.yaml or dataflow.yaml instead -->

What the rendered network policies allow, evaluated pod by pod. Everything else to or from a pod of the platform's own
namespaces is denied. A row that appears or disappears in a diff is a connection that the change opens or closes.

`applications` stands for a pod in a namespace that the platform doesn't know, `dns` for the cluster's DNS, `flux` for a
controller of Flux, `pod-identity` for the agent of EKS Pod Identity. `ingress`, `kube-apiserver`, `remote-node` and
`world` are Cilium's entities. A pod's own node may always reach it.

| from | to | ports | environments |
|---|---|---|---|
"""


def _tcp(*numbers: int) -> frozenset[Port]:
    return frozenset((number, "TCP") for number in numbers)


# Peers outside the manifests, with the ports that a pod may need there.
_DNS = Actor("dns", "kube-system", {"k8s-app": "kube-dns"}, _tcp(53, 9153) | {(53, "UDP")})
_FLUX = Actor("flux", "flux-system", {"app": "source-controller"}, _tcp(9090, 8080))
_IDENTITIES = Actor("pod-identity", ports=_tcp(80), entities=frozenset({"world"}), address="169.254.170.23")
_APPLICATION = Actor("applications", "shop", {"app.kubernetes.io/name": "shop"}, _tcp(5000))
_NODES = _tcp(22, 80, 443, 4240, 4244, 6443, 9100, 9879, 9962, 9963, 9964, 9965, 10250)
_ENTITIES = [
    Actor(name, ports=_NODES, entities=frozenset({name}), address="203.0.113.1")
    for name in ("host", "ingress", "kube-apiserver", "remote-node", "world")
]


def page(layout: Layout) -> str:
    """Return the page; raises PenstockError if an environment isn't hydrated."""
    every = environments.names(layout)
    rows: dict[tuple[str, str, str], list[str]] = {}
    for environment in every:
        for (sender, receiver), ports in allowed(rendered(layout, environment)).items():
            rows.setdefault((sender, receiver, ", ".join(sorted(ports))), []).append(environment)
    lines = [
        f"| {sender} | {receiver} | {ports} | {'all' if found == every else ', '.join(found)} |\n"
        for (sender, receiver, ports), found in sorted(rows.items())
    ]
    return _HEAD + "".join(lines)


def allowed(platform: Rendered) -> dict[tuple[str, str], set[str]]:
    """Return the allowed ports by sender and receiver, for pairs with at least one pod selected by a policy."""
    actors = everyone(platform)
    enforced = Enforced(actors, policies(platform))
    governed = enforced.governed_in | enforced.governed_out
    found: dict[tuple[str, str], set[str]] = {}
    for (sender, one), (receiver, other) in product(enumerate(actors), repeat=2):
        is_governed = (governed >> sender | governed >> receiver) & 1
        if not is_governed or "host" in one.entities:  # a pod's own node is always allowed
            continue
        ports = {shown(port) for port in other.ports if not enforced.refusal(sender, receiver, port)}
        if ports:
            found[one.name, other.name] = ports
    return found


def everyone(platform: Rendered) -> list[Actor]:
    """Return all pods on the pod network, by name, and the peers outside the manifests."""
    pods = {actor(item).name: actor(item) for item in platform.workloads if not item.template.spec.host_network}
    return [*pods.values(), _DNS, _FLUX, _IDENTITIES, _APPLICATION, *_ENTITIES]

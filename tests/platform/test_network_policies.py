"""The platform's own network policies: who may reach whom, in a table that people can read."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from penstock.core.layout import ENGINE, Layout
from penstock.core.model import load
from penstock.gates.network.ends import Port, shown
from penstock.gates.network.judge import actor, refusal
from penstock.gates.network.rendered import policies
from penstock.gates.network.rules import Actor
from penstock.gates.rendered.platform import Rendered, rendered
from penstock.hydrate import environments

LAYOUT = Layout(ENGINE)
ENVIRONMENTS = environments.names(LAYOUT)
# Sender -> receiver -> ports; what all environments have, then what only some have.
ALLOWED = load(Path(__file__).parent / "allowed-connections.yaml", dict[str, dict[str, dict[str, str]]])
LOCAL = ("k3d", "kind")
# Who isn't among the manifests, and the ports that anybody could want of them.
DNS = Actor(
    "dns", "kube-system", {"k8s-app": "kube-dns"}, {name: (port, "TCP") for name, port in [("tcp", 53), ("m", 9153)]}
)
FLUX = Actor("flux", "flux-system", {"app": "source-controller"}, {"http": (9090, "TCP"), "metrics": (8080, "TCP")})
IDENTITIES = Actor("pod-identity", ports={"http": (80, "TCP")}, entities=frozenset({"world"}), address="169.254.170.23")
STRANGER = Actor("applications", "shop", {"app.kubernetes.io/name": "shop"}, {"any": (5000, "TCP")})
NODES: dict[str, Port] = {
    str(port): (port, "TCP") for port in (22, 80, 443, 4240, 4244, 6443, 9100, 9879, 9962, 9963, 9964, 9965, 10250)
}
ENTITIES = [
    Actor(name, ports=NODES, entities=frozenset({name}), address="203.0.113.1")
    for name in ("host", "ingress", "kube-apiserver", "remote-node", "world")
]


def everybody(platform: Rendered) -> list[Actor]:
    """All pods on the pods' network by name, and all others."""
    pods = {actor(item).name: actor(item) for item in platform.workloads if not item.template.spec.host_network}
    return [*pods.values(), DNS, FLUX, IDENTITIES, STRANGER, *ENTITIES]


def reached(environment: str) -> dict[tuple[str, str], set[str]]:
    """Sender and receiver -> the ports that the policies let through, where one of them is subject to any."""
    platform = rendered(LAYOUT, environment)
    there = policies(platform)
    found: dict[tuple[str, str], set[str]] = {}
    for sender, receiver in product(everybody(platform), repeat=2):
        subject = [one for one in (sender, receiver) if any(policy.is_about(one) for policy in there)]
        if not subject or "host" in sender.entities:  # a pod's own node is always let in
            continue
        ports = [*receiver.ports.values(), *([(53, "UDP")] if receiver is DNS else [])]
        open_ones = {shown(port) for port in ports if not refusal(there, sender, receiver, port)}
        if open_ones:
            found[sender.name, receiver.name] = open_ones
    return found


def expected(environment: str) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for part in ("everywhere", "local" if environment in LOCAL else environment):
        for sender, receivers in ALLOWED[part].items():
            for receiver, ports in receivers.items():
                found.setdefault((sender, receiver), set()).update(str(ports).split(", "))
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_may_reach_whom(environment: str) -> None:
    assert reached(environment) == expected(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_of_the_platforms_own_namespaces_is_denied_what_nothing_allows(environment: str) -> None:
    platform = rendered(LAYOUT, environment)
    there = policies(platform)
    own = {name for _, name in platform.of("Namespace")}
    pods = [item for item in platform.workloads if item.namespace in own and not item.template.spec.host_network]
    assert pods
    for item in pods:
        about = [policy for policy in there if policy.is_about(actor(item))]
        assert any(policy.ingress is not None for policy in about), item
        assert any(policy.egress is not None for policy in about), item


@pytest.mark.parametrize(
    ("environment", "sender", "receiver"),
    [
        ("k3d", "demo/api", "observability/loki"),
        ("k3d", "demo/traffic", "demo/postgres"),
        ("k3d", "demo/postgres", "world"),
        ("k3d", "observability/grafana", "object-storage/object-storage"),
        ("k3d", "object-storage/object-storage", "world"),
        # Beyla, on another node than Prometheus: it is that node to a policy.
        ("production", "remote-node", "observability/prometheus"),
        ("production", "observability/grafana", "world"),
        ("production", "applications", "observability/prometheus"),
        ("production", "world", "observability/grafana"),
    ],
)
def test_what_the_contract_lacks_is_denied_at_every_port(environment: str, sender: str, receiver: str) -> None:
    platform = rendered(LAYOUT, environment)
    named = {one.name: one for one in everybody(platform)}
    there, to = policies(platform), named[receiver]
    assert to.ports
    assert all(refusal(there, named[sender], to, port) for port in to.ports.values())

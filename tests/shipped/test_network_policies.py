"""The platform's own network policies: who may reach whom, in a table that people can read."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from penstock.core.layout import ENGINE, Layout
from penstock.core.model import load
from penstock.platform import environments
from penstock.platform.rendered import Rendered, rendered
from penstock.policies.actors import actor
from penstock.policies.enforced import Enforced
from penstock.policies.parse import policies
from penstock.policies.peers import Port, shown
from penstock.policies.rules import Actor

LAYOUT = Layout(ENGINE)
ENVIRONMENTS = environments.names(LAYOUT)
# Sender -> receiver -> ports; what all environments have, then what only some have.
ALLOWED = load(Path(__file__).parent / "allowed-connections.yaml", dict[str, dict[str, dict[str, str]]])
LOCAL = ("k3d", "kind")
# Who isn't among the manifests, and the ports that anybody could want of them.


def tcp(*numbers: int) -> frozenset[Port]:
    return frozenset((number, "TCP") for number in numbers)


DNS = Actor("dns", "kube-system", {"k8s-app": "kube-dns"}, tcp(53, 9153) | {(53, "UDP")})
FLUX = Actor("flux", "flux-system", {"app": "source-controller"}, tcp(9090, 8080))
IDENTITIES = Actor("pod-identity", ports=tcp(80), entities=frozenset({"world"}), address="169.254.170.23")
STRANGER = Actor("applications", "shop", {"app.kubernetes.io/name": "shop"}, tcp(5000))
NODES = tcp(22, 80, 443, 4240, 4244, 6443, 9100, 9879, 9962, 9963, 9964, 9965, 10250)
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
    every = everybody(platform)
    enforced = Enforced(every, policies(platform))
    governed = enforced.governed_in | enforced.governed_out
    found: dict[tuple[str, str], set[str]] = {}
    for (sender, one), (receiver, other) in product(enumerate(every), repeat=2):
        is_governed = (governed >> sender | governed >> receiver) & 1
        if not is_governed or "host" in one.entities:  # a pod's own node is always let in
            continue
        open_ones = {shown(port) for port in other.ports if not enforced.refusal(sender, receiver, port)}
        if open_ones:
            found[one.name, other.name] = open_ones
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
    own = {name for _, name in platform.of("Namespace")}
    pods = [item for item in platform.workloads if item.namespace in own and not item.template.spec.host_network]
    assert pods
    enforced = Enforced([actor(item) for item in pods], policies(platform))
    assert enforced.governed_in == enforced.governed_out == enforced.every


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
    every = everybody(platform)
    enforced = Enforced(every, policies(platform))
    numbers = {one.name: number for number, one in enumerate(every)}
    ports = every[numbers[receiver]].ports
    assert ports
    assert all(enforced.refusal(numbers[sender], numbers[receiver], port) for port in ports)

"""NetworkPolicies: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/."""

from __future__ import annotations

from msgspec import field

from penstock.kube.fields import KubeStruct, Selector


class PolicyPort(KubeStruct, frozen=True):
    """A port by number or name, or the range of numbers up to `end_port`."""

    port: int | str = 0
    end_port: int = 0
    protocol: str = "TCP"


class _Block(KubeStruct, frozen=True):
    cidr: str
    excepted: list[str] = field(default_factory=list, name="except")


class Peer(KubeStruct, frozen=True):
    """Pods, namespaces or addresses."""

    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    ip_block: _Block | None = None


class _Ingress(KubeStruct, frozen=True, rename={"peers": "from"}):
    peers: list[Peer] = []
    ports: list[PolicyPort] = []


class _Egress(KubeStruct, frozen=True, rename={"peers": "to"}):
    peers: list[Peer] = []
    ports: list[PolicyPort] = []


class NetworkPolicySpec(KubeStruct, frozen=True):
    """The spec of a NetworkPolicy."""

    pod_selector: Selector = Selector()
    policy_types: list[str] = []
    ingress: list[_Ingress] = []
    egress: list[_Egress] = []

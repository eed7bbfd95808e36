"""Convert the CiliumNetworkPolicies and NetworkPolicies of the manifests to rules.

Unknown keys of Cilium's policies are errors, since they could change the effect of a policy. The keys are documented in
https://docs.cilium.io/en/stable/security/policy/language/.
"""

from __future__ import annotations

import msgspec

from penstock.core.errors import PenstockError
from penstock.kube.fields import Requirement, Selector
from penstock.kube.network_policies import NetworkPolicySpec, Peer, PolicyPort
from penstock.kube.objects import Object
from penstock.platform.rendered import Rendered
from penstock.policies.rules import NAMESPACE, Policy, PolicyPeer, Rule, Span

_LAST = 65535
# It includes the API server, unless a cloud provider runs that outside the cluster.
_CLUSTER = "cluster"


class _Closed(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A base for models that reject unknown keys."""


class _Port(_Closed, frozen=True):
    port: str
    end_port: int = 0
    protocol: str = "ANY"


class _Ports(_Closed, frozen=True):
    ports: list[_Port]


class _Ingress(_Closed, frozen=True):
    from_endpoints: list[Selector] | None = None
    from_entities: list[str] | None = None
    from_cidr: list[str] | None = msgspec.field(default=None, name="fromCIDR")
    to_ports: list[_Ports] = []


class _Egress(_Closed, frozen=True):
    to_endpoints: list[Selector] | None = None
    to_entities: list[str] | None = None
    to_cidr: list[str] | None = msgspec.field(default=None, name="toCIDR")
    to_ports: list[_Ports] = []


class _Cilium(_Closed, frozen=True):
    endpoint_selector: Selector
    ingress: list[_Ingress] | None = None
    egress: list[_Egress] | None = None
    description: str = ""


def policies(rendered: Rendered) -> list[Policy]:
    """Return every policy of an environment; raises PenstockError for a policy that can't be evaluated."""
    for item in rendered.of("CiliumClusterwideNetworkPolicy").values():
        raise PenstockError(f"{item.file}: cluster-wide policies can't be evaluated", "write one for each namespace")
    cilium = [_cilium(item) for item in rendered.of("CiliumNetworkPolicy").values()]
    return cilium + [_plain(rendered, item) for item in rendered.of("NetworkPolicy").values()]


def _cilium(item: Object) -> Policy:
    spec = item.spec_as(_Cilium)
    namespace = item.namespace
    named = [one.from_entities for one in spec.ingress or []] + [one.to_entities for one in spec.egress or []]
    if any(_CLUSTER in (entities or []) for entities in named):
        hint = "name the pods by a selector, and the nodes by host and remote-node"
        raise PenstockError(f"{item.file}: the entity `{_CLUSTER}` can't be evaluated", hint)
    ingress = (
        None
        if spec.ingress is None
        else tuple(
            _rule(namespace, one.from_endpoints, one.from_entities, one.from_cidr, one.to_ports) for one in spec.ingress
        )
    )
    egress = (
        None
        if spec.egress is None
        else tuple(
            _rule(namespace, one.to_endpoints, one.to_entities, one.to_cidr, one.to_ports) for one in spec.egress
        )
    )
    return Policy(item.file, namespace, _unprefixed(spec.endpoint_selector), ingress, egress)


def _rule(
    namespace: str,
    pods: list[Selector] | None,
    entities: list[str] | None,
    networks: list[str] | None,
    ports: list[_Ports],
) -> Rule:
    """Convert a rule of Cilium. Without peers and ports, or with an empty list of peers, it allows nothing."""
    peers = [PolicyPeer(pods=_in_namespace(_unprefixed(one), namespace)) for one in pods or []]
    peers += [PolicyPeer(entity=one) for one in entities or []] + [PolicyPeer(network=one) for one in networks or []]
    has_peers = not (pods is None and entities is None and networks is None)
    spans = tuple(_span(one) for group in ports for one in group.ports)
    return Rule(tuple(peers) if has_peers or not ports else None, spans if ports else None)


def _span(port: _Port) -> Span:
    if not port.port.isdigit():
        return Span(0, 0, port.protocol, port.port)
    first = int(port.port)
    return Span(0, _LAST, port.protocol) if first == 0 else Span(first, max(first, port.end_port), port.protocol)


def _unprefixed(selector: Selector) -> Selector:
    """Return a selector without Cilium's prefixes, which name a label's source; pods' labels have the source k8s."""
    labels = {_key(key): value for key, value in selector.match_labels.items()}
    more = [Requirement(_key(one.key), one.operator, one.values) for one in selector.match_expressions]
    return Selector(labels, more)


def _key(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")


def _in_namespace(selector: Selector, namespace: str) -> Selector:
    """Return a selector with the policy's namespace, unless it selects namespaces itself."""
    keys = [*selector.match_labels, *(one.key for one in selector.match_expressions)]
    if NAMESPACE in keys:
        return selector
    return Selector({**selector.match_labels, NAMESPACE: namespace}, selector.match_expressions)


def _plain(rendered: Rendered, item: Object) -> Policy:
    spec = item.spec_as(NetworkPolicySpec)
    kinds = spec.policy_types or ["Ingress", *(["Egress"] if spec.egress else [])]
    rules: dict[str, tuple[Rule, ...]] = {
        "Ingress": tuple(_plain_rule(rendered, item, one.peers, one.ports) for one in spec.ingress),
        "Egress": tuple(_plain_rule(rendered, item, one.peers, one.ports) for one in spec.egress),
    }
    ingress, egress = (rules[kind] if kind in kinds else None for kind in ("Ingress", "Egress"))
    return Policy(item.file, item.namespace, spec.pod_selector, ingress, egress)


def _plain_rule(rendered: Rendered, item: Object, peers: list[Peer], ports: list[PolicyPort]) -> Rule:
    spans = tuple(map(_plain_span, ports))
    parsed = tuple(_plain_peer(rendered, item, one) for one in peers)
    return Rule(parsed or None, spans or None)


def _plain_span(port: PolicyPort) -> Span:
    if isinstance(port.port, str):
        return Span(0, 0, port.protocol, port.port)
    return Span(port.port, max(port.port, port.end_port) or _LAST, port.protocol)


def _plain_peer(rendered: Rendered, item: Object, peer: Peer) -> PolicyPeer:
    if peer.ip_block:
        return PolicyPeer(network=peer.ip_block.cidr, excluding=tuple(peer.ip_block.excepted))
    among = frozenset({item.namespace})
    if peer.namespace_selector is not None:
        labels = rendered.namespace_labels
        among = frozenset(name for name, own in labels.items() if peer.namespace_selector.selects(own))
    return PolicyPeer(pods=peer.pod_selector or Selector(), namespaces=among)

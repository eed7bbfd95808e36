"""Connections as CiliumNetworkPolicies: one per namespace denies all traffic, one per workload allows its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from penstock.core.yaml import dump
from penstock.kube.objects import Workload
from penstock.policies.peers import ANY, Connection, OtherNamespaces, Peer, Peers, Pods, Port

NAMESPACE_LABEL = "k8s:io.kubernetes.pod.namespace"
COMPONENT = "network-policies"
_SOURCES = f"components/{COMPONENT}/kustomize/overlays"
DENY = "default-deny"
_HEAD = "# Written by `inv network-policies` from dataflow.yaml, connections.yaml and the manifests: edit those.\n"


def files(peers: Peers, connections: list[Connection]) -> dict[str, str]:
    """The files of one environment's overlay: path from the platform's root -> text."""
    subjects = peers.subjects
    spaces = sorted({pods.namespace for pods in subjects})
    folder = f"{_SOURCES}/{peers.rendered.environment}"
    named = [f"{space}.yaml" for space in spaces]
    traffic = _traffic(connections)
    found = {
        f"{folder}/{space}.yaml": _HEAD + "---\n".join(_policies(space, _named(subjects, space), traffic))
        for space in spaces
    }
    index = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": named}
    return found | {f"{folder}/kustomization.yaml": _HEAD + _dump(index)}


@dataclass(frozen=True)
class _Traffic:
    """The senders and receivers of each peer: the other peer, the port, and the reason."""

    senders: dict[Peer, list[tuple[Peer, Port, str]]]
    receivers: dict[Peer, list[tuple[Peer, Port, str]]]


def _traffic(connections: list[Connection]) -> _Traffic:
    found = _Traffic(defaultdict(list), defaultdict(list))
    for item in connections:
        found.senders[item.receiver].append((item.sender, item.port, item.reason))
        found.receivers[item.sender].append((item.receiver, item.port, item.reason))
    return found


def _named(subjects: dict[Pods, Workload], namespace: str) -> dict[str, Pods]:
    """Name of the policy -> the pods that it is about; a second workload of one name bears its kind."""
    named: dict[str, Pods] = {}
    for pods, workload in sorted(subjects.items(), key=lambda item: (item[1].name, item[1].kind)):
        if pods.namespace == namespace:
            is_taken = workload.name in named or workload.name == DENY
            named[f"{workload.name}-{workload.kind.lower()}" if is_taken else workload.name] = pods
    return named


def _policies(namespace: str, named: dict[str, Pods], traffic: _Traffic) -> Iterator[str]:
    nothing = "  endpointSelector: {}\n  ingress:\n    - {}\n  egress:\n    - {}\n"
    yield f"# Whatever no other policy allows. An empty rule allows nothing.\n{_object(namespace, DENY)}{nothing}"
    for name, pods in named.items():
        coming, going = traffic.senders.get(pods, []), traffic.receivers.get(pods, [])
        if not coming and not going:
            continue
        text = _object(namespace, name) + _indented(_selector(pods), 2)
        text += _direction("ingress", "from", coming) + _direction("egress", "to", going)
        yield text


@cache
def _object(namespace: str, name: str) -> str:
    metadata = {"name": name, "namespace": namespace}
    head = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata}
    return f"{_dump(head)}spec:\n"


def _direction(section: str, word: str, allowed: list[tuple[Peer, Port, str]]) -> str:
    """One rule for each peer, with all of its ports, under a comment with the reasons."""
    if not allowed:
        return ""
    ports: dict[Peer, dict[Port, str]] = {}
    for peer, where, reason in allowed:
        ports.setdefault(peer, {})[where] = reason
    text = f"  {section}:\n"
    for peer in sorted(ports, key=lambda item: (type(item).__name__, str(item))):
        reasons = dict.fromkeys(ports[peer].values())
        text += "".join(f"    # {reason}\n" for reason in reasons)
        text += "".join(
            _indented(_item(one + _to_ports(tuple(sorted(ports[peer])))), 4) for one in _peers_of(word, peer)
        )
    return text


def _item(mapping: str) -> str:
    """A mapping as an item of a list."""
    return f"- {_indented(mapping, 2).removeprefix('  ')}"


# Peers and ports recur in many policies and in all environments; writing YAML takes most of the time here.
@cache
def _selector(pods: Pods) -> str:
    return _dump({"endpointSelector": {"matchLabels": dict(pods.labels)}})


@cache
def _to_ports(ports: tuple[Port, ...]) -> str:
    if ANY in ports:
        return ""
    return _dump({"toPorts": [{"ports": [{"port": str(number), "protocol": protocol} for number, protocol in ports]}]})


@cache
def _peers_of(word: str, peer: Peer) -> tuple[str, ...]:
    """The rules for a peer: entities and CIDRs need one each."""
    return tuple(_dump(one) for one in _rules(word, peer))


def _rules(word: str, peer: Peer) -> Iterator[dict[str, Any]]:
    if isinstance(peer, Pods):
        labels = {NAMESPACE_LABEL: peer.namespace} | dict(peer.labels)
        yield {f"{word}Endpoints": [{"matchLabels": labels}]}
    elif isinstance(peer, OtherNamespaces):
        # Without the first, everything that is no pod would be selected too: it has no such label.
        which = [
            {"key": NAMESPACE_LABEL, "operator": "Exists"},
            {"key": NAMESPACE_LABEL, "operator": "NotIn", "values": list(peer.namespaces)},
        ]
        yield {f"{word}Endpoints": [{"matchExpressions": which}]}
    else:
        if peer.names:
            yield {f"{word}Entities": list(peer.names)}
        if peer.networks:
            yield {f"{word}CIDR": list(peer.networks)}


def _dump(value: Any) -> str:
    return dump(value, sort_keys=False, indented=True)


def _indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())

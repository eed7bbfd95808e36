"""Connections as CiliumNetworkPolicies: one that denies all in each namespace, one of what each workload may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from penstock.core.yaml import dump
from penstock.kube.objects import Workload
from penstock.policies.peers import ANY, Connection, End, Ends, Others, Pods, Port

NAMESPACE_LABEL = "k8s:io.kubernetes.pod.namespace"
COMPONENT = "network-policies"
_SOURCES = f"components/{COMPONENT}/kustomize/overlays"
DENY = "default-deny"
_HEAD = "# Written by `inv network-policies` from dataflow.yaml, connections.yaml and the manifests: edit those.\n"


def files(ends: Ends, connections: list[Connection]) -> dict[str, str]:
    """The files of one environment's overlay: path from the platform's root -> text."""
    subjects = ends.subjects
    spaces = sorted({pods.namespace for pods in subjects})
    folder = f"{_SOURCES}/{ends.rendered.environment}"
    named = [f"{space}.yaml" for space in spaces]
    peers = _peers(connections)
    found = {
        f"{folder}/{space}.yaml": _HEAD + "---\n".join(_policies(space, _named(subjects, space), peers))
        for space in spaces
    }
    index = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": named}
    return found | {f"{folder}/kustomization.yaml": _HEAD + _dump(index)}


@dataclass(frozen=True)
class _Peers:
    """Who sends to the pods of a workload, and to whom they send: the other end, the port, and why."""

    senders: dict[End, list[tuple[End, Port, str]]]
    receivers: dict[End, list[tuple[End, Port, str]]]


def _peers(connections: list[Connection]) -> _Peers:
    found = _Peers(defaultdict(list), defaultdict(list))
    for item in connections:
        found.senders[item.receiver].append((item.sender, item.port, item.why))
        found.receivers[item.sender].append((item.receiver, item.port, item.why))
    return found


def _named(subjects: dict[Pods, Workload], namespace: str) -> dict[str, Pods]:
    """Name of the policy -> the pods that it is about; a second workload of one name bears its kind."""
    named: dict[str, Pods] = {}
    for pods, workload in sorted(subjects.items(), key=lambda item: (item[1].name, item[1].kind)):
        if pods.namespace == namespace:
            is_taken = workload.name in named or workload.name == DENY
            named[f"{workload.name}-{workload.kind.lower()}" if is_taken else workload.name] = pods
    return named


def _policies(namespace: str, named: dict[str, Pods], peers: _Peers) -> Iterator[str]:
    nothing = "  endpointSelector: {}\n  ingress:\n    - {}\n  egress:\n    - {}\n"
    yield f"# Whatever no other policy allows. An empty rule allows nothing.\n{_object(namespace, DENY)}{nothing}"
    for name, pods in named.items():
        coming, going = peers.senders.get(pods, []), peers.receivers.get(pods, [])
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


def _direction(section: str, word: str, allowed: list[tuple[End, Port, str]]) -> str:
    """One rule for each other end, with all of its ports, and the reasons above it."""
    if not allowed:
        return ""
    ports: dict[End, dict[Port, str]] = {}
    for end, where, why in allowed:
        ports.setdefault(end, {})[where] = why
    text = f"  {section}:\n"
    for end in sorted(ports, key=lambda item: (type(item).__name__, str(item))):
        reasons = dict.fromkeys(ports[end].values())
        text += "".join(f"    # {why}\n" for why in reasons)
        text += "".join(_indented(_item(one + _to_ports(tuple(sorted(ports[end])))), 4) for one in _peers_of(word, end))
    return text


def _item(mapping: str) -> str:
    """A mapping as an item of a list."""
    return f"- {_indented(mapping, 2).removeprefix('  ')}"


# The same ends and ports come back in many policies, and in all environments; writing YAML takes most of the time here.
@cache
def _selector(pods: Pods) -> str:
    return _dump({"endpointSelector": {"matchLabels": dict(pods.labels)}})


@cache
def _to_ports(ports: tuple[Port, ...]) -> str:
    if ANY in ports:
        return ""
    return _dump({"toPorts": [{"ports": [{"port": str(number), "protocol": protocol} for number, protocol in ports]}]})


@cache
def _peers_of(word: str, end: End) -> tuple[str, ...]:
    """The peers of each rule that an end takes."""
    return tuple(_dump(one) for one in _rules(word, end))


def _rules(word: str, end: End) -> Iterator[dict[str, Any]]:
    if isinstance(end, Pods):
        labels = {NAMESPACE_LABEL: end.namespace} | dict(end.labels)
        yield {f"{word}Endpoints": [{"matchLabels": labels}]}
    elif isinstance(end, Others):
        # Without the first, everything that is no pod would be selected too: it has no such label.
        which = [
            {"key": NAMESPACE_LABEL, "operator": "Exists"},
            {"key": NAMESPACE_LABEL, "operator": "NotIn", "values": list(end.namespaces)},
        ]
        yield {f"{word}Endpoints": [{"matchExpressions": which}]}
    else:
        if end.names:
            yield {f"{word}Entities": list(end.names)}
        if end.networks:
            yield {f"{word}CIDR": list(end.networks)}


def _dump(value: Any) -> str:
    return dump(value, sort_keys=False, indented=True)


def _indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())

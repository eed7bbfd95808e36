"""Evaluates policies for one sender, one receiver and one port at a time: slow, but simple."""

from __future__ import annotations

import ipaddress

from penstock.policies.peers import Port
from penstock.policies.rules import NAMESPACE, Actor, Policy, PolicyPeer, Rule


def refusal(policies: list[Policy], sender: Actor, receiver: Actor, port: Port) -> str:
    """The direction that denies a connection; empty if both allow it."""
    out = [one.egress for one in policies if _selects(one, sender) and one.egress is not None]
    if out and not any(_takes(rule, receiver, port, receiver) for rules in out for rule in rules):
        return f"no policy allows egress from {sender.name}"
    into = [one.ingress for one in policies if _selects(one, receiver) and one.ingress is not None]
    if "host" in sender.entities or any(_takes(rule, sender, port, receiver) for rules in into for rule in rules):
        return ""
    return f"no policy allows ingress to {receiver.name}" if into else ""


def _selects(policy: Policy, actor: Actor) -> bool:
    labels = {**actor.labels, NAMESPACE: actor.namespace}
    return actor.is_pod and actor.namespace == policy.namespace and policy.pods.selects(labels)


def _takes(rule: Rule, peer: Actor, port: Port, receiver: Actor) -> bool:
    is_peer = rule.peers is None or any(_is(one, peer) for one in rule.peers)
    return is_peer and (rule.ports is None or any(span.covers(port, receiver) for span in rule.ports))


def _is(peer: PolicyPeer, actor: Actor) -> bool:
    if peer.entity:
        return peer.entity == "all" or peer.entity in actor.entities
    if peer.network:
        return "world" in actor.entities and _within(actor.address, peer)
    if peer.pods is None or (peer.namespaces is not None and actor.namespace not in peer.namespaces):
        return False
    return peer.pods.selects({**actor.labels, NAMESPACE: actor.namespace} if actor.is_pod else {})


def _within(address: str, peer: PolicyPeer) -> bool:
    found = ipaddress.ip_address(address)
    return found in ipaddress.ip_network(peer.network) and not any(
        found in ipaddress.ip_network(one) for one in peer.excluding
    )

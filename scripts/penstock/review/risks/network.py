"""Connections that are newly allowed or denied, and what is reached from outside."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.kube.references import POD_TEMPLATES
from penstock.policies.peers import shown
from penstock.review.flows import POLICIES, Flow
from penstock.review.risks.parts import at, both, template_metadata
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item

_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "Ingress")
_MOST = 3


@risk(
    "flow-allowed",
    "network",
    "high",
    "Pods may open a connection that the network policies denied.",
    "A compromised pod reaches more than before.",
    "Narrow the policy to the sender and the port; declare the connection in connections.yaml.",
)
def flow_allowed(step: Step) -> Iterator[Hit]:
    """Computed for every pair of pods that exist before and after."""
    yield from _flows(step, allowed=True)


@risk(
    "flow-denied",
    "network",
    "high",
    "Pods may no longer open a connection that the network policies allowed.",
    "If the program still needs it, every attempt times out.",
    "Allow the connection again, or remove the setting that makes the program open it.",
)
def flow_denied(step: Step) -> Iterator[Hit]:
    """Computed for every pair of pods that exist before and after."""
    yield from _flows(step, allowed=False)


def _flows(step: Step, *, allowed: bool) -> Iterator[Hit]:
    policies = [delta.item for delta in step.of(*POLICIES)]
    moved = [
        delta.item
        for delta in step.of(*POD_TEMPLATES)
        if delta.old and delta.new and template_metadata(delta.old, "labels") != template_metadata(delta.new, "labels")
    ]
    labelled = [new for old, new in both(step, "Namespace") if at(old, "metadata.labels") != at(new, "metadata.labels")]
    causes = [*policies, *moved, *labelled]
    if not causes:
        return
    for flow in step.flows:
        if flow.allowed == allowed:
            yield Hit(_cause(flow, causes), _described(flow))


def _cause(flow: Flow, causes: list[Item]) -> Item:
    """The changed policy in the namespace of the receiver or of a sender, else the first change."""
    places = [name.partition("/")[0] for name in (flow.receiver, *flow.senders)]
    near = [item for place in places for item in causes if item.namespace == place]
    return (near or causes)[0]


def _described(flow: Flow) -> str:
    more = f" and {len(flow.senders) - _MOST} more" if len(flow.senders) > _MOST else ""
    verb = "may now" if flow.allowed else "may no longer"
    return f"{', '.join(flow.senders[:_MOST])}{more} {verb} connect to {flow.receiver} {shown(flow.port)}"


@risk(
    "service-exposed",
    "network",
    "high",
    "A Service is reachable from outside of the cluster, or an alias of an external name.",
    "A load balancer or a port on every node opens, past the Gateway and its policies.",
    "Keep ClusterIP, and add a route to the Gateway.",
)
def service_exposed(step: Step) -> Iterator[Hit]:
    """A type other than ClusterIP, which the Service did not have before."""
    for delta in step.of("Service"):
        was, now = (at(item, "spec.type", "ClusterIP") for item in (delta.old, delta.new))
        if delta.new and now != "ClusterIP" and now != was:
            yield Hit(delta.new, f"is of type {now}{f', was {was}' if delta.old else ''}")


@risk(
    "listener-changed",
    "network",
    "medium",
    "A listener of a Gateway is added, removed or changed.",
    "Host names stop to answer, or answer without TLS.",
    "Keep the listener until all routes use the new one.",
)
def listener_changed(step: Step) -> Iterator[Hit]:
    """A listener that differs."""
    for delta in step.of("Gateway"):
        was, now = ({one.get("name"): one for one in at(item, "spec.listeners", [])} for item in (delta.old, delta.new))
        for name in sorted(was.keys() | now.keys()) if delta.old else ():
            if was.get(name) != now.get(name):
                verb = "is new" if name not in was else "is removed" if name not in now else "is changed"
                yield Hit(delta.item, f"listener {name} {verb}")


@risk(
    "hostname-lost",
    "network",
    "high",
    "A host name is no longer served by any route.",
    "Users and bookmarks get no answer.",
    "Keep the name on a route that redirects to the new one.",
)
def hostname_lost(step: Step) -> Iterator[Hit]:
    """A host name that a route had, and no route has."""
    served: set[str] = set()
    touched = [delta for delta in step.of(*_ROUTES) if delta.old]
    if touched:
        served = {name for item in step.after.of(*_ROUTES) for name in _hostnames(item)}
    for delta in touched:
        for name in sorted({*_hostnames(delta.old)} - served):
            yield Hit(delta.item, f"no route serves {name} any more")


@risk(
    "hostname-added",
    "network",
    "medium",
    "A route serves another host name.",
    "What is behind it is reached from outside of the cluster.",
    "Check that it is meant for the public, and that it asks for a login.",
)
def hostname_added(step: Step) -> Iterator[Hit]:
    """A host name that no route had before."""
    touched = [delta for delta in step.of(*_ROUTES) if delta.new]
    served = {name for item in step.before.of(*_ROUTES) for name in _hostnames(item)} if touched else set()
    for delta in touched:
        for name in sorted({*_hostnames(delta.new)} - served):
            yield Hit(delta.item, f"serves the host name {name}")


def _hostnames(item: Item | None) -> list[str]:
    rules = at(item, "spec.rules", []) if item and item.ref.kind == "Ingress" else []
    return [*map(str, at(item, "spec.hostnames", [])), *(str(rule["host"]) for rule in rules if rule.get("host"))]

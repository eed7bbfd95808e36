"""The arrows of dataflow.yaml as connections: the containers that each endpoint resolves to in an environment."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.kube.addresses import in_text
from penstock.platform import dataflow
from penstock.platform.dataflow import Arrow, Connect
from penstock.platform.settings import Settings, resolve
from penstock.policies.peers import Connection, Peers, Port, port


def connections(peers: Peers, settings: Settings) -> Iterator[Connection]:
    """Yield the connections of all arrows between different pods, one for each endpoint."""
    for arrow in settings.contract.arrows:
        for step in arrow.proof:
            if step.connect:
                yield from of_hop(peers, settings, arrow, step.connect)


def of_hop(peers: Peers, settings: Settings, arrow: Arrow, hop: Connect) -> Iterator[Connection]:
    """Yield a hop's connections, none within a pod; raises PenstockError if the hop doesn't reach its receiver."""
    sender, _ = settings.place(hop.from_.node)
    reason = dataflow.title(arrow, settings.contract)
    setting = settings.read(hop.from_)
    number = settings.read(hop.port).values[0] if hop.port else ""
    values = [f"{value}:{number}" if number else value for value in setting.values]
    if settings.replacement(hop.to.node):
        for value in values:
            yield Connection(
                peers.workload(sender), peers.named(peers.connections.outside.to), _outside(peers, value), reason
            )
        return
    receiver, container = settings.place(hop.to.node)
    if receiver.key == sender.key:
        return
    containers = [item for value in values for item in _reached(settings, value, sender.namespace)]
    ports = [where for workload, name, where in containers if (workload, name) == (receiver.key, container.name)]
    if not ports:
        raise PenstockError(
            f"{setting.where} doesn't resolve to container {container.name} of {receiver}",
            "run `nox -s dataflow`",
        )
    for reached in dict.fromkeys(ports):
        yield Connection(peers.workload(sender), peers.workload(receiver), reached, reason)


def _reached(settings: Settings, value: str, namespace: str) -> Iterator[tuple[tuple[str, str], str, Port]]:
    """Yield workload, name and port of the containers behind an endpoint; none if it isn't a name in the cluster."""
    try:
        target = resolve(settings, value, namespace)
    except PenstockError:  # the gate dataflow reports endpoints that don't resolve
        return
    for item in target.backends:
        yield item.workload.key, item.container.name, (item.port.container_port, item.port.protocol)


def _outside(peers: Peers, value: str) -> Port:
    written = next((item.port for item in in_text(value) if isinstance(item.port, int)), None)
    number = port(written or peers.connections.outside.ports[0], None)
    assert number
    return number

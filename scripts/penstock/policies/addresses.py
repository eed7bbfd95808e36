"""Addresses in the configuration of the platform's pods: policies must allow connections to each of them."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.kube.addresses import Address, in_value
from penstock.kube.dns import Target
from penstock.kube.objects import Workload
from penstock.platform.files import files
from penstock.policies.actors import Actors
from penstock.policies.enforced import Enforced
from penstock.policies.peers import Peers, shown


def unreachable(peers: Peers, actors: Actors, enforced: Enforced) -> Iterator[str]:
    """Yield a line for each configured address of another workload that the policies deny."""
    network = peers.rendered.network()
    for workload in peers.subjects.values():
        for place, address in _of(peers, workload):
            target = network.resolve(address, workload.namespace)
            for item in target.backends if isinstance(target, Target) else ():
                if item.workload.key == workload.key or item.workload.template.spec.host_network:
                    continue
                port = (item.port.container_port, item.port.protocol)
                refused = enforced.refusal(actors.number(workload), actors.number(item.workload), port)
                if refused:
                    where = f"{address.text}, which is {item.workload} {shown(port)}"
                    yield f"{workload.namespace}/{workload.name}: {place} names {where}: {refused}"


def _of(peers: Peers, workload: Workload) -> Iterator[tuple[str, Address]]:
    for _, container in workload.containers():
        env = container.literal_env()
        yield from in_value({"command": container.command, "args": container.args, "env": env}, "", env)
        for file in files(peers.rendered, workload, container).values():
            for document in file.documents:
                yield from in_value(document, file.key, env)

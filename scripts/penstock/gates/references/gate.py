"""The gate: every check over every environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import find_platform
from penstock.core.nearest import ending
from penstock.gates.references import endpoints, gateways, names, nodes, pods, policies, rights, selectors, services
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World, world
from penstock.kube.read import Reader
from penstock.platform import environments
from penstock.platform.external import FILE, Given, HostGateway, declared

_CHECKS: dict[str, Callable[[World], Iterator[Verdict]]] = {
    "names": names.check,
    "Services": services.check,
    "addresses": endpoints.check,
    "selectors": selectors.check,
    "network policies": policies.check,
    "gateways and routes": gateways.check,
    "pods": pods.check,
    "node ports": nodes.check,
    "rights": rights.check,
}


def references() -> None:
    """Findings for every reference that leads nowhere, then for declarations that nothing needs; all environments."""
    layout = find_platform()
    every = environments.names(layout)
    declarations = declared(layout, every)
    reader = Reader()
    worlds = {name: world(layout, name, declarations, reader) for name in every}
    verdicts = {name: {heading: list(check(one)) for heading, check in _CHECKS.items()} for name, one in worlds.items()}
    flat = {name: [verdict for group in groups.values() for verdict in group] for name, groups in verdicts.items()}
    faults = dict.fromkeys(str(verdict) for group in flat.values() for verdict in group if verdict.fault)
    if faults:
        raise Findings(list(faults), f"fix what each line names, or declare in {FILE} what is made elsewhere")
    used = {name: {verdict.given for verdict in group if verdict.given} for name, group in flat.items()}
    idle = [*_idle(worlds, used), *_idle_rules(worlds, declarations.host_gateways)]
    if idle:
        raise Findings(idle, "drop it, or fix its name")
    for name, groups in verdicts.items():
        parts = ", ".join(f"{heading} {len(group)}" for heading, group in groups.items() if group)
        console.good(f"{name}: {len(flat[name])} references proven ({parts})")


def _idle(worlds: dict[str, World], used: dict[str, set[Given]]) -> Iterator[str]:
    """Declarations that nothing needs: in one of the environments that they name, or anywhere where they name none."""
    given: dict[Given, list[str]] = {}
    for name, one in worlds.items():
        for made in one.given:
            given.setdefault(made, []).append(name)
    everywhere = {(item.kind, item.namespace, item.name) for one in worlds.values() for item in one.builtin}
    for made, having in given.items():
        if (made.kind, made.namespace, made.name) in everywhere:
            yield f"{made.file}: {made}: every cluster has it"
            continue
        unused = [name for name in having if made not in used[name]]
        if made.environments and unused:
            yield f"{made.file}: {made}: nothing needs it in {', '.join(unused)}"
        elif unused == having:
            yield f"{made.file}: {made}: nothing needs it"


def _idle_rules(worlds: dict[str, World], rules: tuple[HostGateway, ...]) -> Iterator[str]:
    for rule in rules:
        holding = [one for one in worlds.values() if nodes.holds(one, rule)]
        if not holding:
            yield f"{FILE}: hostGateways: nowhere has ConfigMap {rule.config_map} the value {rule.value} for {rule.key}"
        elif not any(nodes.gateways(one, rule) for one in holding):
            classes = {name for one in holding for _, name in one.rendered.of("GatewayClass")}
            near = ending(rule.gateway_class, classes)
            yield f"{FILE}: hostGateways: no Gateway is of the class {rule.gateway_class}{near}"

"""The gate: every name, port, selector and address in every environment resolves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from penstock.core.nearest import ending
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.references import (
    endpoints,
    entry,
    gateways,
    images,
    names,
    nodes,
    pods,
    policies,
    rights,
    selectors,
    services,
)
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World, world
from penstock.gates.registry import gate
from penstock.platform import environments
from penstock.platform.external import FILE, Declarations, ExternalObject, HostGateway, declared
from penstock.platform.layout import Layout
from penstock.platform.manifests import Parsed

_FIX = f"fix each reference, or declare the object in {FILE} if it is created outside the manifests"
_IDLE = Rule(
    "references/unused-declaration",
    f"An entry of {FILE} that nothing refers to, or that declares an object of every cluster.",
    "It would hide a later reference to an object that nothing creates.",
    "Delete the entry, or fix its name.",
)
_RULES = {
    "names": Rule(
        "references/name",
        "A name that resolves to no object: a ConfigMap, Secret, key, claim, account, role, class or namespace.",
        "The pod waits forever, or the API server refuses the object when Flux applies it.",
        f"Fix the name, or declare the object in {FILE} if it is created outside the manifests.",
    ),
    "Services": Rule(
        "references/service",
        "A Service whose selector or port matches no container, or a reference to a missing Service.",
        "Connections to it fail, although everything is Ready.",
        "Fix the selector or the target port, or give the container the port.",
    ),
    "addresses": Rule(
        "references/address",
        "An address in a configuration that resolves to no Service, or to no port of one.",
        "The program starts, but its first request fails.",
        "Fix the host or the port; an external name needs a domain other than the cluster's.",
    ),
    "selectors": Rule(
        "references/selector",
        "A selector that matches no pod: of a workload, a PodDisruptionBudget, an affinity or a spread.",
        "It has no effect on the pods that it should protect or place.",
        "Use labels that the pod template has.",
    ),
    "network policies": Rule(
        "references/network-policy",
        "A selector or port of a NetworkPolicy that matches nothing.",
        "The rule has no effect, so expected traffic is dropped.",
        "Use labels and ports that the pods have.",
    ),
    "gateways and routes": Rule(
        "references/route",
        "A Gateway, listener, route or backend that doesn't match its counterpart.",
        "Envoy answers 404 or 500, and only the route's status shows why.",
        "Fix the parent, the host name, the backend's port, or add a ReferenceGrant.",
    ),
    "entry points": Rule(
        "references/entry-point",
        "A Gateway or listener on ports of the nodes that the environment's provider doesn't forward to.",
        "Everything is Ready, but every address that `inv open` prints is dead.",
        "Use a forwarded port of the nodes, 80 or 443, and the label of the nodes whose ports are forwarded.",
    ),
    "pods": Rule(
        "references/pod",
        "A fault inside a pod: a missing volume, a probe's unknown port, a duplicate port, an image without a version.",
        "The pod doesn't start or become Ready, or it runs another image after its next start.",
        "Fix the field that the finding names.",
    ),
    "image digests": Rule(
        "references/image-digest",
        f"An image without a digest that `imagesByTag` of {FILE} doesn't list.",
        "Its registry decides what the tag means: another program may run tomorrow, without a change in Git.",
        f"Let `inv images-pin` write the digest, or list the repository in `imagesByTag` of {FILE} until it is known.",
    ),
    "node ports": Rule(
        "references/node-port",
        "Two programs that claim the same port of a node.",
        "The second one never starts on that node.",
        "Give one of them another port, or move it off the host network.",
    ),
    "rights": Rule(
        "references/rights",
        "An object that Flux may not apply with the service account of its component.",
        "The Kustomization fails, and everything that depends on it.",
        "Run `inv hydrate`, which writes the accounts' Roles; or add the right to the Role.",
    ),
}
_CHECKS: dict[str, Callable[[World], Iterator[Verdict]]] = {
    "names": names.check,
    "Services": services.check,
    "addresses": endpoints.check,
    "selectors": selectors.check,
    "network policies": policies.check,
    "gateways and routes": gateways.check,
    "entry points": entry.check,
    "pods": pods.check,
    "image digests": images.check,
    "node ports": nodes.check,
    "rights": rights.check,
}


@gate("references", rules=[*_RULES.values(), _IDLE])
def references(platform: Layout) -> Iterator[Finding | Proven]:
    """Every name, port, selector, key and address in the manifests resolves to a rendered or declared object."""
    declarations = declared(platform, environments.known(platform))
    parsed: Parsed = {}
    chosen = {name: _judged(world(platform, name, declarations, parsed)) for name in environments.chosen(platform)}
    faulty = False
    for name, one in chosen.items():
        for heading, verdict in one.faults():
            faulty = True
            message = f"{verdict.path}: {verdict.fault}"
            yield Finding(_RULES[heading].id, message, _FIX, verdict.file, environments=(name,))
    if faulty:  # a fixed reference may use a declaration that seems unused
        return
    every = dict(chosen)
    others = [name for name in environments.names(platform) if name not in chosen]
    # What the chosen environments don't use, another may use: look only until one does.
    present = [name for name in others if platform.has_tree(name)]
    is_complete = present == others
    while (idle := list(_unused_in(every, declarations))) and present:
        name = present.pop(0)
        every[name] = _judged(world(platform, name, declarations, parsed))
    # One that isn't checked out may use it, too.
    yield from idle if is_complete else ()
    if declarations.images_by_tag:
        yield Proven(f"{len(declarations.images_by_tag)} images are known by their tag alone (imagesByTag of {FILE})")
    for name, one in chosen.items():
        parts = ", ".join(f"{heading} {len(group)}" for heading, group in one.groups.items() if group)
        yield Proven(f"{sum(map(len, one.groups.values()))} references proven ({parts})", name)


@dataclass(frozen=True)
class _Judged:
    """An environment, and the verdicts on its references under the headings of the checks."""

    world: World
    groups: dict[str, list[Verdict]]

    def faults(self) -> Iterator[tuple[str, Verdict]]:
        for heading, group in self.groups.items():
            yield from ((heading, verdict) for verdict in group if verdict.fault)

    def external(self) -> set[ExternalObject]:
        return {verdict.external for group in self.groups.values() for verdict in group if verdict.external}


def _judged(one: World) -> _Judged:
    return _Judged(one, {heading: list(check(one)) for heading, check in _CHECKS.items()})


def _unused_in(every: dict[str, _Judged], declarations: Declarations) -> Iterator[Finding]:
    worlds = {name: one.world for name, one in every.items()}
    yield from _idle(worlds, {name: one.external() for name, one in every.items()})
    yield from _idle_rules(worlds, declarations.host_gateways)
    by_tag = images.used(list(worlds.values()))
    for repository in sorted((declarations.images_by_tag or set()) - by_tag):
        near = ending(repository, by_tag)
        yield _unused(FILE, f"imagesByTag: {repository}: no image of it lacks a digest{near}")


def _idle(worlds: dict[str, World], used: dict[str, set[ExternalObject]]) -> Iterator[Finding]:
    """A finding for each declaration that is unused in an environment that it lists, or in all if it lists none."""
    declared_in: dict[ExternalObject, list[str]] = {}
    for name, one in worlds.items():
        for external in one.external:
            declared_in.setdefault(external, []).append(name)
    everywhere = {(item.kind, item.namespace, item.name) for one in worlds.values() for item in one.builtin}
    for external, holders in declared_in.items():
        if (external.kind, external.namespace, external.name) in everywhere:
            yield _unused(external.file, f"{external}: every cluster has it")
            continue
        unused = [name for name in holders if external not in used[name]]
        key = external.namespace, external.name
        # An environment that extends a listed one may do without it.
        listed = [name for name in unused if name in external.environments]
        if listed:
            yield _unused(external.file, f"{external}: nothing refers to it in {', '.join(listed)}")
        elif unused == holders:
            is_rendered = any(key in one.rendered.of(external.kind) for one in worlds.values())
            reason = "the manifests contain it" if is_rendered else "nothing refers to it"
            yield _unused(external.file, f"{external}: {reason}")


def _idle_rules(worlds: dict[str, World], rules: tuple[HostGateway, ...]) -> Iterator[Finding]:
    for rule in rules:
        holding = [one for one in worlds.values() if nodes.holds(one, rule)]
        if not holding:
            message = f"hostGateways: ConfigMap {rule.config_map} has {rule.key}: {rule.value} in no environment"
            yield _unused(FILE, message)
        elif not any(nodes.gateways(one, rule) for one in holding):
            classes = {name for one in holding for _, name in one.rendered.of("GatewayClass")}
            near = ending(rule.gateway_class, classes)
            yield _unused(FILE, f"hostGateways: no Gateway is of the class {rule.gateway_class}{near}")


def _unused(file: str, message: str) -> Finding:
    return Finding(_IDLE.id, message, "delete the entry, or fix its name", file)

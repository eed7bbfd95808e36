"""Facts about every component, from the manifests of all environments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from penstock.kube.containers import SecurityContext
from penstock.kube.fields import ServicePort
from penstock.kube.flux import NAMESPACE
from penstock.kube.gateway import GatewaySpec, Listener
from penstock.kube.kinds import is_cluster_scoped
from penstock.kube.kustomizations import GitRepositorySpec, KustomizationSpec
from penstock.kube.objects import Object, Service, Workload
from penstock.kube.pods import ClaimSpec, PodSpec
from penstock.platform import environments
from penstock.platform.layout import Layout
from penstock.platform.rendered import rendered

_JOB_HASH = re.compile(r"-[0-9a-f]{10}$")


@dataclass
class Component:
    """The facts about a component, merged over all environments.

    `ports` maps workloads, Services and Gateways to their ports, each with its name. Claims and replica counts
    include the environment. `account` is the account that Flux applies the component as, empty for Flux's own.
    """

    environments: set[str] = field(default_factory=set)
    artifacts: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    workloads: set[tuple[str, str]] = field(default_factory=set)
    replicas: set[tuple[str, int, str]] = field(default_factory=set)
    ports: dict[str, set[tuple[int, str]]] = field(default_factory=dict)
    claims: set[tuple[str, str, str]] = field(default_factory=set)
    after: set[str] = field(default_factory=set)
    account: str = ""
    namespaces: set[str] = field(default_factory=set)
    cluster_kinds: set[str] = field(default_factory=set)
    privileges: dict[str, set[str]] = field(default_factory=dict)
    unrestricted: set[str] = field(default_factory=set)


def components(layout: Layout) -> dict[str, Component]:
    """Return every component by name, sorted; raises PenstockError if an environment isn't hydrated."""
    found: dict[str, Component] = {}
    for environment in environments.names(layout):
        platform = rendered(layout, environment)
        for name in platform.components:
            component = found.setdefault(name, Component())
            component.environments.add(environment)
            spec = platform.of("Kustomization")[NAMESPACE, name].spec_as(KustomizationSpec)
            component.after |= {each.name for each in spec.depends_on}
            component.account = spec.service_account_name
        for item in platform.objects:
            if item.component in platform.components:  # what Flux syncs first is no component's
                _take(found[item.component], item, environment)
    return dict(sorted(found.items()))


def _take(component: Component, item: Object, environment: str) -> None:
    if item.namespace:
        component.namespaces.add(item.namespace)
    elif is_cluster_scoped(item.ref.group, item.kind):
        component.cluster_kinds.add(item.kind)
    if isinstance(item, Workload):
        _take_workload(component, item, environment)
    elif isinstance(item, Service):
        _ports(component, f"Service `{item.name}`", item.spec.ports)
    elif item.kind == "Gateway":
        _ports(component, f"Gateway `{item.name}`", item.spec_as(GatewaySpec).listeners)
    elif item.kind == "PersistentVolumeClaim":
        component.claims.add((item.name, item.spec_as(ClaimSpec).size, environment))
    elif item.kind == "GitRepository":
        source = item.spec_as(GitRepositorySpec)
        component.artifacts |= {source.url, source.ref.tag}
        component.versions.add(source.ref.tag)


def _ports(component: Component, of: str, ports: Iterable[ServicePort | Listener]) -> None:
    component.ports.setdefault(of, set()).update((item.port, item.name) for item in ports)


def _take_workload(component: Component, item: Workload, environment: str) -> None:
    name = _JOB_HASH.sub("-…", item.name) if item.kind == "Job" else item.name
    component.workloads.add((item.kind, f"{item.namespace}/{name}"))
    if item.spec.replicas != 1:
        component.replicas.add((f"{item.namespace}/{name}", item.spec.replicas, environment))
    for claim in item.spec.volume_claim_templates:
        component.claims.add((claim.metadata.name, claim.spec.size, environment))
    for _, container in item.containers():
        image = container.image.partition("@")[0]
        component.artifacts.add(image)
        component.versions.add(image.rpartition(":")[2])
        ports = component.ports.setdefault(f"`{name}`", set())
        ports.update((port.container_port, port.name) for port in container.ports)
    privileges = set(_privileges(item.template.spec))
    if privileges:
        component.privileges.setdefault(name, set()).update(privileges)
    elif not all(_is_restricted(container.security_context) for _, container in item.containers()):
        component.unrestricted.add(name)


def _is_restricted(context: SecurityContext) -> bool:
    is_fixed = context.read_only_root_filesystem and context.allow_privilege_escalation is False
    return is_fixed and context.capabilities.drop == ["ALL"]


def _privileges(pod: PodSpec) -> Iterator[str]:
    """What the pods may do that a restricted pod may not."""
    shared = {"host network": pod.host_network, "host PID": pod.host_pid, "host IPC": pod.host_ipc}
    yield from (word for word, is_shared in shared.items() if is_shared)
    for container in pod.every():
        context = container.security_context.over(pod.security_context)
        # Without a user and without runAsNonRoot, the image decides.
        if context.run_as_user == 0 or not (context.run_as_non_root or context.run_as_user):
            yield "root"
        if context.privileged:
            yield "privileged"
        yield from context.capabilities.add
        profiles = {"seccomp": context.seccomp_profile, "AppArmor": context.app_armor_profile}
        yield from (f"{name} unconfined" for name, each in profiles.items() if each and each.type == "Unconfined")
        yield from (f"host port {port.host_port}" for port in container.ports if port.host_port)
    yield from _folders(pod)


def _folders(pod: PodSpec) -> Iterator[str]:
    """The node's folders and files, with `(read-only)` where nothing can write to them."""
    writable = {mount.name for container in pod.every() for mount in container.volume_mounts if not mount.read_only}
    for volume in pod.volumes:
        if volume.host_path:
            yield volume.host_path.path + ("" if volume.name in writable else " (read-only)")

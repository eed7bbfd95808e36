"""Facts about every component, from the manifests of all environments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from penstock.core.layout import Layout
from penstock.core.yaml import parse
from penstock.kube.flux import NAMESPACE
from penstock.kube.kinds import is_cluster_scoped
from penstock.kube.objects import Object, Workload
from penstock.platform import environments
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
            path = layout.tree(environment) / NAMESPACE / f"kustomization-{name}.yaml"
            spec = parse(path.read_bytes(), path.name)["spec"]
            component.after |= {each["name"] for each in spec.get("dependsOn", [])}
            component.account = spec.get("serviceAccountName", "")
        for item in platform.objects:
            folder = item.file.split("/")[2]
            if folder in platform.components:  # what Flux syncs first belongs to no component
                _take(found[folder], item, environment)
    return dict(sorted(found.items()))


def _take(component: Component, item: Object, environment: str) -> None:
    spec = item.content.get("spec", {})
    if item.namespace:
        component.namespaces.add(item.namespace)
    elif is_cluster_scoped(item.content["apiVersion"].rpartition("/")[0], item.kind):
        component.cluster_kinds.add(item.kind)
    if isinstance(item, Workload):
        _take_workload(component, item, environment)
    elif item.kind == "Service":
        _ports(component, f"Service `{item.name}`", ((port["port"], port.get("name", "")) for port in spec["ports"]))
    elif item.kind == "Gateway":
        _ports(component, f"Gateway `{item.name}`", ((each["port"], each["name"]) for each in spec["listeners"]))
    elif item.kind == "PersistentVolumeClaim":
        component.claims.add((item.name, spec["resources"]["requests"]["storage"], environment))
    elif item.kind == "GitRepository":
        component.artifacts |= {spec["url"], spec["ref"]["tag"]}
        component.versions.add(spec["ref"]["tag"])


def _ports(component: Component, of: str, ports: Iterable[tuple[int, str]]) -> None:
    component.ports.setdefault(of, set()).update(ports)


def _take_workload(component: Component, item: Workload, environment: str) -> None:
    name = _JOB_HASH.sub("-…", item.name) if item.kind == "Job" else item.name
    component.workloads.add((item.kind, f"{item.namespace}/{name}"))
    if item.replicas != 1:
        component.replicas.add((f"{item.namespace}/{name}", item.replicas, environment))
    for claim in item.content["spec"].get("volumeClaimTemplates", []):
        size = claim["spec"]["resources"]["requests"]["storage"]
        component.claims.add((claim["metadata"]["name"], size, environment))
    for _, container in item.containers():
        image = container.image.partition("@")[0]
        component.artifacts.add(image)
        component.versions.add(image.rpartition(":")[2])
        _ports(component, f"`{name}`", ((port.container_port, port.name) for port in container.ports))
    privileges = set(_privileges(_pod(item)))
    if privileges:
        component.privileges.setdefault(name, set()).update(privileges)
    elif not all(_is_restricted(each) for each in _containers(_pod(item))):
        component.unrestricted.add(name)


def _pod(item: Workload) -> dict[str, Any]:
    found: dict[str, Any] = item.content
    for key in item.pod_path.split("."):
        found = found[key]
    return found


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["containers"], *pod.get("initContainers", [])]


def _is_restricted(container: dict[str, Any]) -> bool:
    context = container.get("securityContext", {})
    return (
        context.get("capabilities", {}).get("drop") == ["ALL"]
        and context.get("readOnlyRootFilesystem") is True
        and context.get("allowPrivilegeEscalation") is False
    )


def _privileges(pod: dict[str, Any]) -> Iterator[str]:
    """Yield the privileges of a pod beyond those of a restricted pod."""
    shared = {"hostNetwork": "host network", "hostPID": "host PID", "hostIPC": "host IPC"}
    yield from (word for key, word in shared.items() if pod.get(key))
    whole = pod.get("securityContext", {})
    for container in _containers(pod):
        context = {**whole, **container.get("securityContext", {})}
        # Without runAsUser and runAsNonRoot, the image decides.
        if context.get("runAsUser") == 0 or not (context.get("runAsNonRoot") or context.get("runAsUser")):
            yield "root"
        if context.get("privileged"):
            yield "privileged"
        yield from context.get("capabilities", {}).get("add", [])
        for key, word in (
            ("seccompProfile", "seccomp unconfined"),
            ("appArmorProfile", "AppArmor unconfined"),
        ):
            if context.get(key, {}).get("type") == "Unconfined":
                yield word
        yield from (f"host port {port['hostPort']}" for port in container.get("ports", []) if "hostPort" in port)
    yield from _folders(pod)


def _folders(pod: dict[str, Any]) -> Iterator[str]:
    """Yield the node's folders and files, with `(read-only)` if every mount is read-only."""
    mounts = [mount for container in _containers(pod) for mount in container.get("volumeMounts", [])]
    for volume in pod.get("volumes", []):
        if "hostPath" in volume:
            writes = any(not each.get("readOnly") for each in mounts if each["name"] == volume["name"])
            yield volume["hostPath"]["path"] + ("" if writes else " (read-only)")

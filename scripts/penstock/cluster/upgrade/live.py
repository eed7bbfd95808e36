"""What is in a cluster before and after a leg: the objects that Flux owns, and the pods of its workloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from penstock.gitops import status
from penstock.kube.ref import Content, ObjectRef
from penstock.tools.kubectl import Kubectl

_OWNER = "kustomize.toolkit.fluxcd.io/name"
# What the workloads' controllers write to each pod: the version of the template that it was made from.
_HASHES = ("pod-template-hash", "controller-revision-hash")
_ROLLING = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True)
class Pods:
    """The pods of a workload: version of the template -> when its oldest pod was created."""

    since: Mapping[str, str]


@dataclass(frozen=True)
class Live:
    """Objects by id: `uids` of all that Flux owns, `pods` of its workloads; `leaving` are being deleted."""

    uids: dict[str, str] = field(default_factory=dict)
    pods: dict[str, Pods] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()

    def created(self, before: Live) -> list[str]:
        """What wasn't there before."""
        return sorted(self.uids.keys() - before.uids.keys())

    def pruned(self, before: Live) -> list[str]:
        """What was there before, and is gone or going."""
        return sorted((before.uids.keys() - self.uids.keys()) | self.leaving)

    def recreated(self, before: Live) -> list[str]:
        """What has another uid than before."""
        return sorted(key for key in self.uids.keys() & before.uids.keys() if self.uids[key] != before.uids[key])

    def rolled(self, before: Live) -> list[str]:
        """The workloads whose pods have another template than before, in the order in which the new pods began."""
        found = []
        for key in self.pods.keys() & before.pods.keys():
            new = [since for version, since in self.pods[key].since.items() if version not in before.pods[key].since]
            if new and before.pods[key].since and self.uids.get(key) == before.uids.get(key):
                found.append((min(new), key))
        return [key for _, key in sorted(found)]


def kinds(kubectl: Kubectl, also: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return every kind in Flux's inventories, as Kind.group for kubectl, with `also`."""
    entries = [entry for item in status.kustomizations(kubectl).values() for entry in item.inventory]
    pairs = {tuple(entry.rsplit("_", 2)[1:]) for entry in entries}
    return also | {f"{kind}.{group}" if group else kind for group, kind in pairs}


def read(kubectl: Kubectl, names: frozenset[str]) -> Live:
    """Return what is in the cluster of these kinds; those that it no longer serves have no objects."""
    served = sorted(names & _served(kubectl))
    items = kubectl.get(",".join(served), "-A", "-l", _OWNER) if served else []
    keys = {ObjectRef.of(item).id: item for item in items}
    owned = {key for key, item in keys.items() if item["kind"] in _ROLLING}
    return Live(
        {key: str(item["metadata"]["uid"]) for key, item in keys.items()},
        _pods(kubectl, owned) if owned else {},
        frozenset(key for key, item in keys.items() if "deletionTimestamp" in item["metadata"]),
    )


def _served(kubectl: Kubectl) -> set[str]:
    found = set()
    for line in kubectl.run("api-resources", "--no-headers").text.splitlines():
        # NAME [SHORTNAMES] APIVERSION NAMESPACED KIND
        version, _, kind = line.split()[-3:]
        found.add(f"{kind}.{version.partition('/')[0]}" if "/" in version else kind)
    return found


def _pods(kubectl: Kubectl, owned: set[str]) -> dict[str, Pods]:
    found: dict[str, dict[str, str]] = {key: {} for key in owned}
    for pod in kubectl.get("pods", "-A"):
        metadata = pod["metadata"]
        for key in _workloads(pod):
            if key in found:
                version = next((metadata["labels"][name] for name in _HASHES if name in metadata["labels"]), "")
                since = str(metadata["creationTimestamp"])
                found[key][version] = min(found[key].get(version, since), since)
    return {key: Pods(since) for key, since in found.items()}


def _workloads(pod: Content) -> Iterator[str]:
    """The id of the workload whose pod it is; a Deployment's ReplicaSet is named after it and the template's hash."""
    metadata = pod["metadata"]
    for owner in metadata.get("ownerReferences", []):
        kind, name = owner["kind"], str(owner["name"])
        if kind == "ReplicaSet":
            kind, name = "Deployment", name.removesuffix(f"-{metadata['labels'].get(_HASHES[0], '')}")
        yield ObjectRef("apps", kind, metadata["namespace"], name).id

"""Changes that delete data, or that delete it earlier than before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.review.quantities import duration, quantity
from penstock.review.risks.parts import at, both, containers, count, documents, removed, walk
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item

_RETENTION = re.compile(r"(?i)retention(?!.*(enabled|delay|interval|worker))")
_FLAG = re.compile(r"^(--[\w.-]*retention[\w.-]*)(?:=|\s+)(\S+)$")


@risk(
    "claim-removed",
    "data-loss",
    "high",
    "A PersistentVolumeClaim is removed.",
    "Flux deletes it, and its data with it unless its class retains volumes.",
    "Back up the data, or keep the claim with kustomize.toolkit.fluxcd.io/prune: disabled.",
)
def claim_removed(step: Step) -> Iterator[Hit]:
    """A claim that Flux deletes."""
    for delta in step.of("PersistentVolumeClaim"):
        if delta.old and delta.replaced and delta.is_("pruned"):
            yield Hit(
                delta.old, f"is {'renamed: deleted and created again' if delta.new else 'removed'}, with its data"
            )


@risk(
    "namespace-removed",
    "data-loss",
    "high",
    "A Namespace is removed.",
    "Everything in it is deleted with it, also what is not in Git.",
    "Move what is still needed first, or keep the Namespace with kustomize.toolkit.fluxcd.io/prune: disabled.",
)
def namespace_removed(step: Step) -> Iterator[Hit]:
    """A Namespace that Flux deletes."""
    for item in removed(step, "Namespace"):
        inside = [one for one in step.before.mentioning(item.name) if one.namespace == item.name]
        yield Hit(
            item, f"is removed, with all that is in it: {count(len(inside), 'object')} of the manifests, and all others"
        )


@risk(
    "crd-removed",
    "data-loss",
    "high",
    "A CustomResourceDefinition is removed.",
    "Every object of its kind is deleted with it, in all namespaces.",
    "Export the objects first, or keep the definition with kustomize.toolkit.fluxcd.io/prune: disabled.",
)
def crd_removed(step: Step) -> Iterator[Hit]:
    """A definition that Flux deletes."""
    for item in removed(step, "CustomResourceDefinition"):
        kind = at(item, "spec.names.kind", item.name)
        yield Hit(item, f"is removed, with every {kind} in the cluster")


@risk(
    "stateful-set-deleted",
    "data-loss",
    "high",
    "A StatefulSet is removed, renamed or created again.",
    "Its pods go; under another name they start with new, empty claims.",
    "Keep the name, or copy the claims' data to those of the new name first.",
)
def stateful_set_deleted(step: Step) -> Iterator[Hit]:
    """A StatefulSet that Flux deletes."""
    for delta in step.of("StatefulSet"):
        if delta.old and delta.replaced and delta.is_("pruned"):
            renamed = f"is renamed to {delta.item.name}: deleted and created, with new claims"
            yield Hit(delta.old, renamed if delta.new else "is removed; the claims of its pods stay without an owner")
        elif delta.is_("recreated"):
            yield Hit(delta.item, "is deleted and created again")


@risk(
    "volume-shrunk",
    "data-loss",
    "high",
    "A claim, or a StatefulSet's claim template, requests less storage.",
    "A volume can't shrink: the API server refuses it, and recreating the claim loses the data.",
    "Keep the size, or create a smaller claim under another name and copy the data.",
)
def volume_shrunk(step: Step) -> Iterator[Hit]:
    """A request that is smaller than before."""
    for old, new in both(step, "PersistentVolumeClaim", "StatefulSet"):
        before, after = _sizes(old), _sizes(new)
        for name in before.keys() & after.keys():
            was, now = quantity(before[name]), quantity(after[name])
            if was is not None and now is not None and now < was:
                yield Hit(new, f"requests {after[name]} of storage{f' for {name}' if name else ''}, was {before[name]}")


def _sizes(item: Item) -> dict[str, Any]:
    if item.kind == "PersistentVolumeClaim":
        return {"": at(item, "spec.resources.requests.storage", "")}
    found = at(item, "spec.volumeClaimTemplates", [])
    return {
        str((one.get("metadata") or {}).get("name")): ((one.get("spec") or {}).get("resources") or {})
        .get("requests", {})
        .get("storage", "")
        for one in found
    }


@risk(
    "reclaim-policy",
    "data-loss",
    "high",
    "The reclaim policy of a StorageClass or PersistentVolume changes from Retain to Delete.",
    "The data is deleted with the claim, where it was kept before.",
    "Keep Retain, and delete released volumes by hand.",
)
def reclaim_policy(step: Step) -> Iterator[Hit]:
    """Volumes that are deleted with their claims, which were retained before."""
    paths = {"StorageClass": "reclaimPolicy", "PersistentVolume": "spec.persistentVolumeReclaimPolicy"}
    for old, new in both(step, *paths):
        path = paths[new.ref.kind]
        if at(old, path) == "Retain" and at(new, path, "Delete") == "Delete":
            yield Hit(new, f"{path}: Retain → Delete")


@risk(
    "claims-deleted",
    "data-loss",
    "high",
    "A StatefulSet deletes the claims of its pods when it is scaled down or deleted.",
    "The default keeps them: the data now goes with a pod's ordinal.",
    "Keep spec.persistentVolumeClaimRetentionPolicy at Retain.",
)
def claims_deleted(step: Step) -> Iterator[Hit]:
    """A retention policy that changed from Retain to Delete."""
    for old, new in both(step, "StatefulSet"):
        for key in ("whenDeleted", "whenScaled"):
            path = f"spec.persistentVolumeClaimRetentionPolicy.{key}"
            if at(old, path, "Retain") == "Retain" and at(new, path) == "Delete":
                yield Hit(new, f"{path}: Retain → Delete")


@risk(
    "retention-lowered",
    "data-loss",
    "high",
    "The retention of logs, traces or metrics is lower than before.",
    "Loki, Tempo, Prometheus and Thanos delete what is older soon after they start with the setting.",
    "Keep the retention, or export what is older first.",
)
def retention_lowered(step: Step) -> Iterator[Hit]:
    """A flag or a setting for the retention with a shorter duration or a smaller size."""
    for delta in step.deltas:
        if delta.old and delta.new:
            before, after = _retentions(delta.old), _retentions(delta.new)
            for name in sorted(before.keys() & after.keys()):
                if _is_less(before[name], after[name]):
                    yield Hit(delta.new, f"{name} is {after[name]}, was {before[name]}")


def _retentions(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, container in containers(item).items():
        arguments = [*(container.get("command") or []), *(container.get("args") or [])]
        for match in filter(None, map(_FLAG.match, map(str, arguments))):
            found[f"{name} {match[1]}"] = match[2]
    for key, document in documents(item).items():
        for path, values in walk(document):
            found |= {f"{key}: {path}.{name}": value for name, value in values.items() if _is_setting(name, value)}
    return found


def _is_setting(name: Any, value: Any) -> bool:
    return bool(_RETENTION.search(str(name))) and not isinstance(value, (bool, Mapping, list))


def _is_less(old: Any, new: Any) -> bool:
    read = duration if duration(old) is not None and duration(new) is not None else _bytes
    was, now = read(old), read(new)
    if was is None or now is None or was == now:
        return False
    # A zero keeps everything.
    return now != 0 and (was == 0 or now < was)


def _bytes(value: Any) -> Any:
    return quantity(re.sub(r"(?i)^([\d.]+)([kmgtpe])i?b$", lambda found: f"{found[1]}{found[2].upper()}i", str(value)))

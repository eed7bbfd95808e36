"""The effects on the cluster of adding, changing or removing an object, by the rules of Flux and Kubernetes.

Flux's rules are those of kustomize-controller and its annotations:
https://fluxcd.io/flux/components/kustomize/kustomizations/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.kube.flux import GROUP
from penstock.review.immutable import refusals
from penstock.review.model import Effect
from penstock.review.needs import Need, needs, template
from penstock.review.trees import Item, Objects
from penstock.tools.apicheck import Verdict

# Namespace and name of a Secret -> its keys: the Secrets that components declare for `inv up` to create.
Declared = Mapping[tuple[str, str], set[str]]

_GOES_WITH = {
    "Namespace": "all that is in it goes with it",
    "CustomResourceDefinition": "every object of its kind goes with it",
    "PersistentVolumeClaim": "its data goes with it, unless its class retains volumes",
    "StatefulSet": "its pods go with it, the claims of its pods stay",
    "Kustomization": "what it has applied is pruned with it",
    "Deployment": "its pods go with it",
    "DaemonSet": "its pods go with it",
}


# Workloads whose controllers roll their pods.
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
# Labels and annotations that stop Flux from deleting an object that is removed from Git.
_UNPRUNED = (("prune", "disabled"), ("reconcile", "disabled"), ("ssa", "ignore"))


def of_removed(old: Item) -> Iterator[Effect]:
    """Flux prunes an object that is removed from Git, unless the one in the cluster is annotated otherwise."""
    for name, value in _UNPRUNED:
        if old.says(name, value):
            mark = f"kustomize.toolkit.fluxcd.io/{name}: {value}"
            yield Effect("kept", f"not pruned: it says {mark}, so it stays in the cluster, without an owner")
            return
    more = _GOES_WITH.get(old.kind)
    yield Effect("pruned", f"pruned{f'; {more}' if more else ''}")
    if _kept_by_helm(old):
        yield Effect(
            "pruned",
            "Helm would keep it (helm.sh/resource-policy: keep), Flux doesn't: to keep it, first give it the "
            "annotation kustomize.toolkit.fluxcd.io/prune: disabled, let Flux apply that, and remove it then",
        )


def _kept_by_helm(item: Item) -> bool:
    policy = (item.content["metadata"].get("annotations") or {}).get("helm.sh/resource-policy", "")
    return str(policy).strip().lower() == "keep"


def of_job(new: Item) -> Iterator[Effect]:
    """A Job that deletes itself is missing in the cluster, so Flux creates it again."""
    ttl = (new.content.get("spec") or {}).get("ttlSecondsAfterFinished") if new.kind == "Job" else None
    if ttl is not None:
        yield Effect(
            "reruns",
            f"runs again and again: it is deleted {ttl} s after it ends, and Flux, which reconciles every 10 minutes, "
            "makes it again; take spec.ttlSecondsAfterFinished out",
        )


def _opt_out(item: Item) -> str:
    """The annotation or label with which an object opts out of reconciliation; empty without one."""
    found = [(name, value) for name, value in (("reconcile", "disabled"), ("ssa", "ignore")) if item.says(name, value)]
    return f"{GROUP}/{found[0][0]}: {found[0][1]}" if found else ""


def of_added(new: Item) -> Iterator[Effect]:
    """Flux doesn't create an object annotated as unmanaged."""
    if mark := _opt_out(new):
        yield Effect("unmanaged", f"Flux doesn't create it, because of {mark}")


def of_changed(old: Item, new: Item, verdict: Verdict | None) -> Iterator[Effect]:
    """Rolled pods and refused changes; `verdict` is the API server's answer to a change that Flux applies."""
    is_kept = any(old.says(name, value) for name, value in _UNPRUNED)
    if old.component != new.component and not is_kept:
        text = f"moved from {old.component} to {new.component}: if Flux reconciles {old.component} first, it deletes it"
        yield Effect("moved", f"{text}, and {new.component} creates it again")
    if mark := _opt_out(new):
        yield Effect("unmanaged", f"Flux leaves it as it is in the cluster, because of {mark}")
        return
    if new.says("ssa", "ifnotpresent"):
        yield Effect("unmanaged", "Flux applies it only where it is missing: what is in the cluster stays as it is")
        return
    if verdict and refusals(verdict):
        yield _refused(old, new, verdict)
    elif new.kind in WORKLOADS and template(old) != template(new) and not (verdict and verdict.same_template):
        yield from _rolled(new)


def _refused(old: Item, new: Item, verdict: Verdict) -> Effect:
    shown = "; ".join(map(str, refusals(verdict)))
    stopped = f"until this is fixed, Flux applies nothing of {new.component}"
    if verdict.when_bound:
        once = "once it is bound, the API server accepts the change if the claim's StorageClass allows expansion"
        return Effect("refused", f"refused: {shown}; this holds while the claim is unbound: {once}")
    if verdict.alone:
        return Effect("refused", f"refused: {shown}; {stopped}")
    if old.says("force", "enabled") or new.says("force", "enabled"):
        more = _GOES_WITH.get(new.kind)
        text = f"deleted and created again, since the API server refuses the change: {shown}"
        return Effect("recreated", f"{text}{f'; {more}' if more else ''}")
    return Effect(
        "refused", f"refused: {shown}; {stopped}; give the object another name, or delete it in the cluster first"
    )


def _rolled(new: Item) -> Iterator[Effect]:
    spec = new.content.get("spec") or {}
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    replicas = spec.get("replicas", 1) if new.kind != "DaemonSet" else None
    if replicas == 0:
        return
    if strategy.get("type") == "OnDelete":
        yield Effect("unread", "its pods change only as each is deleted: its updateStrategy is OnDelete")
    elif new.kind == "Deployment" and spec.get("paused"):
        yield Effect("unread", "its pods stay as they are while spec.paused is true")
    elif replicas is not None and partition >= replicas:
        yield Effect("unread", f"its pods stay as they are: the partition of its updateStrategy is {partition}")
    else:
        yield Effect("rolled", "its pods are rolled")


def of_needs(new: Item, before: set[Need], declared: Declared) -> Iterator[Effect]:
    """Secrets, or keys of Secrets, that an object newly reads and that must exist first."""
    known = {(namespace, name) for kind, namespace, name, _ in before if kind == "Secret"}
    needed: dict[tuple[str, str], list[str]] = {}
    for kind, namespace, name, key in sorted(needs(new) - before):
        if kind == "Secret":
            needed.setdefault((namespace, name), []).extend([key] if key else [])
    for secret, keys in needed.items():
        shown = f"Secret {'/'.join(secret)}" + (f" with {', '.join(keys)}" if keys else "")
        if secret not in known:
            yield Effect("needs", f"needs {shown}: {_maker(keys, declared.get(secret))}")
        elif keys:
            yield Effect("needs", f"needs {shown}: `inv up` never changes an existing Secret, so add what it lacks")


def _maker(keys: list[str], declared: set[str] | None) -> str:
    if declared is None:
        return "no secrets.yaml declares it, so a person or a program has to make it"
    missing = [key for key in keys if key not in declared]
    return f"its secrets.yaml has no {', '.join(missing)}" if missing else "`inv up` makes it; elsewhere a person does"


def of_readers(new: Item, before: Objects, after: Objects) -> Iterator[Effect]:
    """Workloads that read a changed ConfigMap or Secret and whose pods aren't rolled."""
    old = before.get(new.ref)
    if new.kind not in ("ConfigMap", "Secret") or (old and _held(old) == _held(new)):
        return
    for ref, item in after.items():
        if item.kind not in WORKLOADS or item.namespace != new.namespace or ref not in before:
            continue
        reads = any((kind, of) == (new.kind, new.ref.name) for kind, _, of, _ in needs(item))
        if reads and template(item) == template(before[ref]):
            yield Effect("unread", f"{item} reads it, and its pods are not rolled")


def _held(item: Item) -> list[Any]:
    """Return the data of a ConfigMap or Secret that a pod can read."""
    return [item.content.get(key) or {} for key in ("data", "binaryData", "stringData")]

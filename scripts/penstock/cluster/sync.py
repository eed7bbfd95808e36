"""Phase 3: Flux applies the components in their order until all are Ready."""

from __future__ import annotations

import time

from penstock.cluster import bootstrap, git_source, processes, secrets
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.gitops import objects, status
from penstock.gitops.status import Kustomization
from penstock.kube.ref import Content
from penstock.platform.secrets import Secret, declared
from penstock.tools.kubectl import PENSTOCK

_MAX_EVENTS = 3


def enable(session: Session, step: Step) -> str:
    """Create the Secrets, apply the root, and wait until everything is Ready; returns a message with the counts."""
    created = create_secrets(session, step)
    apply(session, step)
    suffix = f", {len(created)} secrets made" if created else ""
    return f"{len(session.manifests.components)} components Ready{suffix}"


def commands(session: Session) -> list[Command]:
    """The commands that `enable` runs in a new cluster; the Secrets' values are never shown."""
    expected = declared(session.layout, session.manifests.components)
    about = "; ".join(f"Secret {secret.name} in {', '.join(secret.namespaces)}" for secret in expected)
    creating = [session.kubectl.applying([], PENSTOCK, about)] if expected else []
    by_hand = [item for name in session.bootstrap for item in bootstrap.by_hand(session, name)]
    early = _early(session, expected, {item.name for item in by_hand if item.kind == "Namespace"})
    namespaces = [session.kubectl.applying(early)] if early else []
    return [*namespaces, *creating, session.kubectl.applying([objects.root(session.environment, [])], PENSTOCK)]


def create_secrets(session: Session, step: Step) -> list[str]:
    """Create the missing Secrets of the components and their namespaces; returns namespace/name of each new Secret."""
    expected = declared(session.layout, session.manifests.components)
    step.note("creating secrets")
    # The same bytes as Flux applies later, so Flux adopts the namespaces and only adds its labels.
    present = {item["metadata"]["name"] for item in session.kubectl.get("namespaces")}
    early = _early(session, expected, present)
    if early:
        session.kubectl.apply(early)
    return secrets.create(session.kubectl, expected)


def apply(session: Session, step: Step) -> None:
    """Apply the root, and wait until everything is Ready; raises PenstockError for the first component that isn't."""
    # After a restart of the controllers, Flux's objects still have the status from before.
    before = list(status.kustomizations(session.kubectl)) if session.recorded.restarted else []
    session.kubectl.apply([objects.root(session.environment, git_source.mirrored(session))], PENSTOCK)
    ours = [objects.ROOT, *session.manifests.components]
    nested = [item.name for name in session.manifests.components for item in session.manifests.nested(name)]
    names = [*nested, *ours]
    tokens = dict.fromkeys(before, git_source.reconcile(session, status.KUSTOMIZATIONS, *before)) if before else {}
    failing: dict[str, float] = {}

    def late(items: dict[str, Kustomization]) -> list[str]:
        # A nested Kustomization has another source, and so another revision.
        done = {name for name, item in items.items() if item.handled == tokens.get(name, item.handled) and item.ready}
        return [
            name
            for name in names
            if name not in done or (name in ours and items[name].revision != session.recorded.revision)
        ]

    def ready() -> bool | None:
        processes.refuse_dead(session.recorded, list(session.recorded.processes))
        items = status.kustomizations(session.kubectl)
        waiting = late(items)
        step.note(
            f"{len(names) - len(waiting)} of {len(names)} Ready" + (f", waiting for {waiting[-1]}" if waiting else "")
        )
        _give_up_early(session, items, nested, failing)
        return None if waiting else True

    def expired() -> PenstockError:
        items = status.kustomizations(session.kubectl)
        waiting = late(items) or names
        # A failed component explains more than one that waits for it.
        failed = [name for name in waiting if name in items and items[name].reason in status.FAILURES]
        culprit = (failed or waiting)[-1]
        return explain(session, culprit, items.get(culprit))

    until(ready, session.timeout, step, "Flux", expired)
    session.recorded.restarted = False


def explain(session: Session, name: str, item: Kustomization | None) -> PenstockError:
    """The error for a component that isn't Ready, with Flux's reason, the latest events, and commands to run next."""
    if item is None:
        return PenstockError(f"{name}: Flux has not created its Kustomization", "inv logs kustomize-controller")
    lines = [f"{name} did not become Ready: {item.reason}: {' '.join(item.message.split())[:400]}"]
    lines += [f"  event: {line}" for line in _events(session, name)]
    command = f"KUBECONFIG={session.state.kubeconfig} kubectl -n flux-system describe kustomization {name}"
    return PenstockError("\n".join(lines), f"inv logs kustomize-controller\n{command}")


def _early(session: Session, expected: list[Secret], present: set[str]) -> list[Content]:
    """The missing namespaces of these Secrets."""
    names = {namespace for secret in expected for namespace in secret.namespaces} - present
    every = session.manifests.all_objects()
    return [item.content for item in every if item.kind == "Namespace" and item.name in names]


def _give_up_early(
    session: Session, items: dict[str, Kustomization], nested: list[str], failing: dict[str, float]
) -> None:
    now = time.monotonic()
    for name, item in items.items():
        is_old = name not in nested and item.attempted != session.recorded.revision
        if item.ready or item.reason not in status.FAILURES or is_old:
            failing.pop(name, None)
        elif now - failing.setdefault(name, now) > session.provider.patience:
            raise explain(session, name, item)


def _events(session: Session, name: str) -> list[str]:
    namespaces = {item.namespace for item in session.manifests.objects(name)} - {""}
    events = []
    for namespace in sorted(namespaces | {"flux-system"}):
        for event in session.kubectl.get("events", "-n", namespace):
            target = event["involvedObject"]
            if namespace != "flux-system" or target.get("name") == name:
                stamp = event.get("lastTimestamp") or event.get("eventTime") or ""
                events.append(
                    (stamp, f"{target.get('kind')}/{target.get('name')} {event['reason']}: {event['message'][:200]}")
                )
    warnings = [text for _, text in sorted(events)]
    return warnings[-_MAX_EVENTS:]

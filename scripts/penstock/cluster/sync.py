"""Phase 3: have Flux apply the components in order, and wait until all are Ready."""

from __future__ import annotations

import time

from penstock.cluster import bootstrap, git_source, processes, secrets
from penstock.cluster.actions import Action, Plan, Work, applying
from penstock.cluster.session import Session
from penstock.cluster.tending import Tending
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.gitops import objects, status
from penstock.gitops.status import Kustomization
from penstock.hydrate.pinned import layouts
from penstock.kube.ref import Content
from penstock.platform.secrets import Secret, declared
from penstock.tools.kubectl import PENSTOCK

_MAX_EVENTS = 3


def enable(session: Session, step: Step) -> Plan:
    """Create the Secrets, apply the root, and wait until everything is Ready."""
    created: list[str] = []
    yield from create_secrets(session, created)
    patches: list[Content] = []
    before: list[str] = []

    def look() -> None:
        patches.extend(git_source.mirrored(session))
        # After a restart of the controllers, Flux's objects still have the status from before.
        before.extend(status.kustomizations(session.kubectl) if session.recorded.restarted else [])

    def ready() -> str:
        _await_ready(session, step, dict.fromkeys(before, token))
        suffix = f", {len(created)} secrets made" if created else ""
        return f"{len(session.manifests.components)} components Ready{suffix}"

    yield Work("", look)
    yield applying(session, [objects.root(session.place, patches)], PENSTOCK)
    token = git_source.now()
    if before:
        yield git_source.reconciling(session, status.KUSTOMIZATIONS, before, token)
    yield Work("wait until every component is Ready", ready)


def create_secrets(session: Session, created: list[str]) -> Plan:
    """Create the missing Secrets of the components and their namespaces; adds namespace/name of each to `created`."""
    sources = layouts(session.layout, session.environment)
    expected = [each for name in session.manifests.components for each in declared(sources(name), [name])]
    if not expected:
        return
    by_hand = [item for name in session.bootstrap for item in bootstrap.by_hand(session, name)]
    present = {item.name for item in by_hand if item.kind == "Namespace"}

    def look() -> None:
        present.clear()
        present.update(item["metadata"]["name"] for item in session.kubectl.get("namespaces"))

    yield Work("", look)
    # The same bytes as Flux applies later, so Flux adopts the namespaces and only adds its labels.
    if early := _early(session, expected, present):
        yield applying(session, early)
    # The values are generated only when this runs, and never shown.
    about = "; ".join(f"Secret {secret.name} in {', '.join(secret.namespaces)}" for secret in expected)
    yield Action(
        lambda: session.kubectl.applying([], PENSTOCK),
        about,
        run=lambda _: created.extend(secrets.create(session.kubectl, expected)),
    )


def _await_ready(session: Session, step: Step, tokens: dict[str, str]) -> None:
    """Wait until everything is Ready; raises PenstockError for the first component that isn't.

    `tokens` maps Kustomizations that must be reconciled again to the tokens of the requests.
    """
    ours = [objects.ROOT, *session.manifests.components]
    nested = [item.name for name in session.manifests.components for item in session.manifests.nested(name)]
    names = [*nested, *ours]
    failing: dict[str, float] = {}
    tending = Tending(session)

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
        tending.tend()
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
    """Return the error for a component that isn't Ready: Flux's reason, the latest events, and commands to run next."""
    if item is None:
        return PenstockError(f"{name}: Flux has not created its Kustomization", "inv logs kustomize-controller")
    lines = [f"{name} did not become Ready: {item.reason}: {' '.join(item.message.split())[:400]}"]
    lines += [f"  event: {line}" for line in _events(session, name)]
    command = f"KUBECONFIG={session.state.kubeconfig} kubectl -n flux-system describe kustomization {name}"
    return PenstockError("\n".join(lines), f"inv logs kustomize-controller\n{command}")


def _early(session: Session, expected: list[Secret], present: set[str]) -> list[Content]:
    """Return the missing namespaces of these Secrets."""
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

"""Phase 3: Flux applies the components in their order, until all are Ready."""

from __future__ import annotations

import time
from typing import Any

from penstock.cluster import bootstrap, git_source, processes, secrets
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.gitops import objects, status
from penstock.gitops.status import Kustomization
from penstock.platform.secrets import Secret, declared
from penstock.tools.kubectl import PENSTOCK

_MOST_EVENTS = 3


def enable(session: Session, step: Step) -> str:
    """Phase 3: make the Secrets, give Flux the root, wait until all is Ready; gives what there is now."""
    made = make_secrets(session, step)
    apply(session, step)
    return f"{len(session.manifests.components)} components Ready" + (f", {len(made)} secrets made" if made else "")


def commands(session: Session) -> list[Command]:
    """What `enable` runs where there is nothing yet; what the Secrets hold is never shown."""
    wanted = declared(session.layout, session.manifests.components)
    about = "; ".join(f"Secret {secret.name} in {', '.join(secret.namespaces)}" for secret in wanted)
    made = [session.kubectl.applying([], PENSTOCK, about)] if wanted else []
    by_hand = [item for name in session.bootstrap for item in bootstrap.by_hand(session, name)]
    early = _early(session, wanted, {item["metadata"]["name"] for item in by_hand if item["kind"] == "Namespace"})
    namespaces = [session.kubectl.applying(early)] if early else []
    return [*namespaces, *made, session.kubectl.applying([objects.root(session.environment, [])], PENSTOCK)]


def make_secrets(session: Session, step: Step) -> list[str]:
    """Make the Secrets that the components declare, and first the namespaces that they lie in."""
    wanted = declared(session.layout, session.manifests.components)
    step.note("making secrets")
    # The same bytes that Flux applies a moment later: it adopts them without a change, and adds its labels.
    there = {item["metadata"]["name"] for item in session.kubectl.get("namespaces")}
    early = _early(session, wanted, there)
    if early:
        session.kubectl.apply(early)
    return secrets.make(session.kubectl, wanted)


def apply(session: Session, step: Step) -> None:
    """Have Flux apply the snapshot, and wait until all is Ready; PenstockError names what isn't, and why."""
    # After its controllers were started again, what Flux says dates from before.
    before = list(status.kustomizations(session.kubectl)) if session.recorded.restarted else []
    session.kubectl.apply([objects.root(session.environment, git_source.mirrored(session))], PENSTOCK)
    ours = [objects.ROOT, *session.manifests.components]
    held = [
        item["metadata"]["name"] for name in session.manifests.components for item in session.manifests.nested(name)
    ]
    names = [*held, *ours]
    tokens = dict.fromkeys(before, git_source.reconcile(session, status.KUSTOMIZATIONS, *before)) if before else {}
    failing: dict[str, float] = {}

    def late(found: dict[str, Kustomization]) -> list[str]:
        # A Kustomization that a component holds has a source, and so a revision, of its own.
        done = {name for name, item in found.items() if item.handled == tokens.get(name, item.handled) and item.ready}
        return [
            name
            for name in names
            if name not in done or (name in ours and found[name].revision != session.recorded.revision)
        ]

    def ready() -> bool | None:
        processes.refuse_dead(session.recorded, list(session.recorded.processes))
        found = status.kustomizations(session.kubectl)
        waiting = late(found)
        step.note(
            f"{len(names) - len(waiting)} of {len(names)} Ready" + (f", waiting for {waiting[-1]}" if waiting else "")
        )
        _give_up_early(session, found, held, failing)
        return None if waiting else True

    def expired() -> PenstockError:
        found = status.kustomizations(session.kubectl)
        waiting = late(found) or names
        # What failed says more than what waits for it.
        failed = [name for name in waiting if name in found and found[name].reason in status.FAILURES]
        culprit = (failed or waiting)[-1]
        return explain(session, culprit, found.get(culprit))

    until(ready, session.timeout, step, "Flux", expired)
    session.recorded.restarted = False


def explain(session: Session, name: str, item: Kustomization | None) -> PenstockError:
    """Why a component isn't Ready: Flux's reason, the last events around it, and what to run next."""
    if item is None:
        return PenstockError(f"{name}: Flux has not made its Kustomization", "inv logs kustomize-controller")
    lines = [f"{name} did not become Ready: {item.reason}: {' '.join(item.message.split())[:400]}"]
    lines += [f"  event: {line}" for line in _events(session, name)]
    command = f"KUBECONFIG={session.state.kubeconfig} kubectl -n flux-system describe kustomization {name}"
    return PenstockError("\n".join(lines), f"inv logs kustomize-controller\n{command}")


def _early(session: Session, wanted: list[Secret], there: set[str]) -> list[dict[str, Any]]:
    """The namespaces that these Secrets lie in and that aren't there yet."""
    namespaces = {namespace for secret in wanted for namespace in secret.namespaces} - there
    found = session.manifests.all_objects()
    return [item for item in found if item["kind"] == "Namespace" and item["metadata"]["name"] in namespaces]


def _give_up_early(
    session: Session, found: dict[str, Kustomization], held: list[str], failing: dict[str, float]
) -> None:
    now = time.monotonic()
    for name, item in found.items():
        is_old = name not in held and item.attempted != session.recorded.revision
        if item.ready or item.reason not in status.FAILURES or is_old:
            failing.pop(name, None)
        elif now - failing.setdefault(name, now) > session.provider.patience:
            raise explain(session, name, item)


def _events(session: Session, name: str) -> list[str]:
    namespaces = {item["metadata"].get("namespace", "") for item in session.manifests.objects(name)} - {""}
    found = []
    for namespace in sorted(namespaces | {"flux-system"}):
        for event in session.kubectl.get("events", "-n", namespace):
            about = event["involvedObject"]
            if namespace != "flux-system" or about.get("name") == name:
                stamp = event.get("lastTimestamp") or event.get("eventTime") or ""
                found.append(
                    (stamp, f"{about.get('kind')}/{about.get('name')} {event['reason']}: {event['message'][:200]}")
                )
    warnings = [text for _, text in sorted(found)]
    return warnings[-_MOST_EVENTS:]

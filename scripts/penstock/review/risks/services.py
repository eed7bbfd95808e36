"""Changes of what clients connect to, and of what pods read."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.kube.references import POD_TEMPLATES
from penstock.review.reach import users
from penstock.review.risks.parts import at, both, template_metadata
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item
from penstock.review.world import World


def _selected(world: World, service: Item) -> list[Item]:
    selector = at(service, "spec.selector", {})
    return [
        item
        for item in (world.of(*POD_TEMPLATES) if selector else ())
        if item.namespace == service.namespace and selector.items() <= template_metadata(item, "labels").items()
    ]


@risk(
    "service-selects-nothing",
    "outage",
    "high",
    "A Service no longer selects the pods that it selected.",
    "Its clients get no answer: it has no endpoints.",
    "Give the Service the labels of the pods, or the pods those of its selector.",
)
def service_selects_nothing(step: Step) -> Iterator[Hit]:
    """A Service that had pods and has none."""
    labelled = [
        delta
        for delta in step.of(*POD_TEMPLATES)
        if template_metadata(delta.old, "labels") != template_metadata(delta.new, "labels")
    ]
    changed = [(old, new) for old, new in both(step, "Service") if at(old, "spec.selector") != at(new, "spec.selector")]
    places = {delta.item.namespace for delta in labelled} | {new.namespace for _, new in changed}
    services = {item.ref: item for item in step.before.of("Service")} if places else {}
    for new in step.after.of("Service") if places else ():
        old = services.get(new.ref)
        if old and new.namespace in places and _selected(step.before, old) and not _selected(step.after, new):
            yield Hit(new, "selects no pod any more")


@risk(
    "service-port",
    "outage",
    "high",
    "A port of a Service that something uses is removed or changed.",
    "Clients that connect to the old port get no answer.",
    "Keep the old port until no client uses it.",
)
def service_port(step: Step) -> Iterator[Hit]:
    """A port number that is gone while the Service has users."""
    for old, new in both(step, "Service"):
        before, after = ({one.get("port") for one in at(item, "spec.ports", [])} for item in (old, new))
        using = sorted({str(one) for one in users(step.after, new)}) if before - after else []
        if using:
            lost = ", ".join(map(str, sorted(before - after)))
            yield Hit(new, f"loses the port {lost}; it is used by {', '.join(using[:3])}")


@risk(
    "service-removed",
    "outage",
    "high",
    "A Service is removed while something still uses it.",
    "Its name no longer resolves.",
    "Change its clients first, and remove it in a later change.",
)
def service_removed(step: Step) -> Iterator[Hit]:
    """A Service that remaining objects refer to."""
    yield from _left(step, "Service")


@risk(
    "configuration-removed",
    "outage",
    "high",
    "A ConfigMap, a Secret, an account or a claim is removed while pods still use it.",
    "The next pod does not start.",
    "Remove the reference first, or keep the object.",
)
def configuration_removed(step: Step) -> Iterator[Hit]:
    """An object that remaining workloads refer to."""
    yield from _left(step, "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim")


def _left(step: Step, *kinds: str) -> Iterator[Hit]:
    for delta in step.of(*kinds):
        if delta.old and delta.replaced and not step.after.find(*delta.old.ref[1:]):
            using = sorted({str(one) for one in users(step.after, delta.old)})
            if using:
                yield Hit(
                    delta.old, f"is removed, and {', '.join(using[:3])} still {'use' if len(using) > 1 else 'uses'} it"
                )

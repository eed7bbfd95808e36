"""Changes after which a fault is not seen any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from penstock.kube.references import POD_TEMPLATES
from penstock.platform import dataflow
from penstock.review.risks.parts import Values, documents, template_metadata, walk
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item
from penstock.review.world import World

_MONITORS = ("ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig")


def _lost(step: Step, kinds: tuple[str, ...], read: Callable[[Item | None], set[str]]) -> Iterator[tuple[Item, str]]:
    """Yield the names that a changed or removed object had, and that no object of the kinds has after the change."""
    gone = [(delta.item, read(delta.old) - read(delta.new)) for delta in step.of(*kinds) if delta.old]
    if any(names for _, names in gone):
        remaining = {name for item in step.after.of(*kinds) for name in read(item)}
        for item, names in gone:
            yield from ((item, name) for name in sorted(names - remaining))


@risk(
    "scrape-lost",
    "visibility",
    "medium",
    "A scrape job, a monitor, or the scrape annotation of pods is removed.",
    "Its metrics stop, and alerts on them never fire.",
    "Keep it, or remove the alerts and the dashboards that use its metrics.",
)
def scrape_lost(step: Step) -> Iterator[Hit]:
    """A job that no configuration has any more, or pods that are no longer annotated."""
    for item, name in _lost(step, ("ConfigMap",), _jobs):
        yield Hit(item, f"loses the scrape job {name}")
    for delta in step.of(*_MONITORS):
        if delta.old and not delta.new:
            yield Hit(delta.old, "is removed: what it selects is no longer scraped")
    for delta in step.of(*POD_TEMPLATES):
        if delta.old and delta.new and _annotated(delta.old) and not _annotated(delta.new):
            yield Hit(delta.new, "its pods are no longer annotated to be scraped")


def _jobs(item: Item | None) -> set[str]:
    found = (one for document in documents(item).values() for _, one in walk(document))
    return {str(one["job_name"]) for one in found if "job_name" in one}


def _annotated(item: Item) -> bool:
    annotations = template_metadata(item, "annotations")
    return any(key.endswith("/scrape") and value == "true" for key, value in annotations.items())


@risk(
    "alert-lost",
    "visibility",
    "high",
    "An alert is removed.",
    "The fault that it reported is not reported any more.",
    "Keep it, or replace it with one that covers the same fault.",
)
def alert_lost(step: Step) -> Iterator[Hit]:
    """An alert that no configuration has any more."""
    for item, name in _lost(step, ("ConfigMap", "PrometheusRule"), lambda one: {*_rules(one, "alert")}):
        yield Hit(item, f"loses the alert {name}")


@risk(
    "recording-lost",
    "visibility",
    "medium",
    "A recording rule is removed.",
    "Alerts and dashboards that use its metric show nothing.",
    "Keep it, or change what uses its metric.",
)
def recording_lost(step: Step) -> Iterator[Hit]:
    """A recording rule that no configuration has any more."""
    for item, name in _lost(step, ("ConfigMap", "PrometheusRule"), lambda one: {*_rules(one, "record")}):
        yield Hit(item, f"loses the recording rule {name}")


def _rules(item: Item | None, key: str) -> dict[str, Values]:
    """The rules of an object by name; `key` is alert or record."""
    found: list[Any] = [*documents(item).values()]
    if item and item.ref.kind == "PrometheusRule":
        found = [item.content.get("spec")]
    rules = (one for document in found for _, one in walk(document))
    return {str(one[key]): one for one in rules if key in one and "expr" in one}


@risk(
    "alert-blind",
    "visibility",
    "medium",
    "A workload or a namespace that an alert names is removed or renamed.",
    "The alert selects nothing, and never fires.",
    "Change the alert's expression, or remove the alert.",
)
def alert_blind(step: Step) -> Iterator[Hit]:
    """An alert whose expression has the name of something that is gone as the value of a label."""
    kinds = (*POD_TEMPLATES, "Service", "Namespace")
    gone = {delta.old.name: delta.old for delta in step.of(*kinds) if delta.old and delta.replaced}
    left = [
        item for name, item in gone.items() if not any(step.after.find(kind, item.namespace, name) for kind in kinds)
    ]
    for item in left:
        for alert, expression in _alerts(step.after, item.name):
            if re.search(rf'=~?\s*"[^"]*\b{re.escape(item.name)}\b(?!-)[^"]*"', expression):
                yield Hit(item, f"is gone, and the alert {alert} selects it by name")


def _alerts(world: World, text: str) -> Iterator[tuple[str, str]]:
    for item in world.mentioning(text):
        for name, one in _rules(item, "alert").items():
            yield name, str(one["expr"])


@risk(
    "dashboard-lost",
    "visibility",
    "low",
    "A Grafana dashboard is removed.",
    "Links to it, also those in alerts and runbooks, lead nowhere.",
    "Keep its uid, or change the links.",
)
def dashboard_lost(step: Step) -> Iterator[Hit]:
    """A dashboard whose uid or title no ConfigMap has any more."""
    for item, name in _lost(step, ("ConfigMap",), _dashboards):
        yield Hit(item, f"loses the dashboard {name}")


def _dashboards(item: Item | None) -> set[str]:
    found = [one for one in documents(item).values() if isinstance(one, dict) and "panels" in one]
    return {str(one.get("uid") or one.get("title")) for one in found}


@risk(
    "arrow-lost",
    "visibility",
    "high",
    "An arrow of dataflow.yaml is removed.",
    "The flow of telemetry is no longer proven: nothing notices when it stops.",
    "Keep the arrow, or remove what it carries on both sides.",
)
def arrow_lost(step: Step) -> Iterator[Hit]:
    """An arrow of the base that the head lacks, between workloads of which one remains."""
    old, new = (each.contract for each in step.sources)
    if not old or not new:
        return
    kept = {dataflow.title(arrow, new) for arrow in new.arrows}
    for arrow in old.arrows:
        title = dataflow.title(arrow, old)
        workloads = [old.nodes[name].workload for name in (arrow.from_, arrow.to)]
        if title not in kept and any(_exists(step.after, one) for one in workloads):
            yield Hit(None, f"the arrow {title} is removed")


def _exists(world: World, workload: str) -> bool:
    namespace, _, name = workload.partition("/")
    return any(world.find(kind, namespace, name) for kind in POD_TEMPLATES)


@risk(
    "alerting-cut",
    "visibility",
    "medium",
    "A receiver of Alertmanager is removed.",
    "Who was told by it is told no more.",
    "Keep the receiver, or send its routes to another one.",
)
def alerting_cut(step: Step) -> Iterator[Hit]:
    """A receiver that a configuration had."""
    for item, name in _lost(step, ("ConfigMap",), _receivers):
        yield Hit(item, f"loses the receiver {name}")


def _receivers(item: Item | None) -> set[str]:
    found = [one for one in documents(item).values() if isinstance(one, dict) and "route" in one]
    return {str(one.get("name")) for document in found for one in document.get("receivers") or []}

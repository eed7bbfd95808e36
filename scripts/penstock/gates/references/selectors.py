"""Selectors: those of workloads, PodDisruptionBudgets, topology spreads and affinities match pods."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.fields import KubeStruct, Selector
from penstock.kube.objects import Workload
from penstock.kube.pods import Affinity, PodTerm


class _Budget(KubeStruct, frozen=True):
    selector: Selector = Selector()


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each selector."""
    for workload in world.rendered.workloads:
        yield from _own(workload)
        for path, term in _terms(workload.template.spec.affinity):
            yield from _term(world, workload, f"{workload.pod_path}.affinity.{path}", term)
    for item in world.rendered.of("PodDisruptionBudget").values():
        fault, external = world.selects(item.spec_as(_Budget).selector, [item.namespace])
        yield Verdict(item.file, "spec.selector", fault, external)


def _own(workload: Workload) -> Iterator[Verdict]:
    """The selectors that must match the workload's own pods: of its replicas, and of topology spreads."""
    if workload.spec.selector is not None:
        yield Verdict(workload.file, "spec.selector", _own_fault(workload, workload.spec.selector))
    for index, spread in enumerate(workload.template.spec.topology_spread_constraints):
        place = f"{workload.pod_path}.topologySpreadConstraints[{index}].labelSelector"
        yield Verdict(workload.file, place, _own_fault(workload, spread.label_selector or Selector()))


def _own_fault(workload: Workload, selector: Selector) -> str:
    if selector.selects(workload.labels):
        return ""
    for key, value in selector.match_labels.items():
        if key not in workload.labels:
            return f"the workload's own pods have no label `{key}`{ending(key, workload.labels)}"
        if workload.labels[key] != value:
            return f"the workload's own pods have {key}={workload.labels[key]}, not {value}"
    return f"the workload's own pods aren't selected by {selector}"


def _terms(affinity: Affinity) -> Iterator[tuple[str, PodTerm]]:
    for name, group in (("podAffinity", affinity.pod_affinity), ("podAntiAffinity", affinity.pod_anti_affinity)):
        for index, term in enumerate(group.required):
            yield f"{name}.requiredDuringSchedulingIgnoredDuringExecution[{index}]", term
        for index, weighted in enumerate(group.preferred):
            place = f"{name}.preferredDuringSchedulingIgnoredDuringExecution[{index}].podAffinityTerm"
            yield place, weighted.pod_affinity_term


def _term(world: World, workload: Workload, place: str, term: PodTerm) -> Iterator[Verdict]:
    namespaces = set(term.namespaces)
    if term.namespace_selector is not None:
        fault, selected = world.namespaces(term.namespace_selector)
        namespaces |= selected
        yield Verdict(workload.file, f"{place}.namespaceSelector", fault)
        if fault:
            return
    elif not namespaces:
        namespaces = {workload.namespace}
    for index, name in enumerate(term.namespaces):
        fault = "" if world.find("Namespace", "", name) else world.missing("Namespace", "", name)
        yield Verdict(workload.file, f"{place}.namespaces[{index}]", fault)
    fault, external = world.selects(term.label_selector or Selector(), namespaces)
    yield Verdict(workload.file, f"{place}.labelSelector", fault, external)

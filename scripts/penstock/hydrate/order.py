"""Derive from the objects which components Flux must apply before others.

An edge exists only if the API requires it: the namespace of an object, the CRD of its kind, an admission registration
that applies to it, or a dependsOn label of a release. Pods retry by themselves, and every level costs Flux five
seconds. The hooks of a component are separate units before and after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from penstock.core.errors import Findings, PenstockError
from penstock.hydrate import admission
from penstock.hydrate.admission import Admission, Judged
from penstock.hydrate.labels import Labels, ReadLabels, unknown
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.parts import chains, steps, units
from penstock.hydrate.rules import ORDER
from penstock.kube.kinds import BUILTIN_NAMESPACES

_FLUX = ".toolkit.fluxcd.io"
_ADMISSION = "admission of "
_WAY_OUT = "move the Namespace, definition or label that closes it to a component of its own"
_WAY_OUT_OF_ADMISSION = (
    "an admission webhook can't judge what it needs itself: exclude that by its namespaceSelector "
    "(kubernetes.io/metadata.name NotIn [NAMESPACE]), its objectSelector or `scope: Namespaced` in its rules, or set "
    "`failurePolicy: Ignore`; or move that Namespace to a component of its own"
)


def order(components: dict[str, LockedComponent], labels: ReadLabels = unknown) -> dict[str, list[str]]:
    """Map each unit to the sorted names of the Flux Kustomizations that must be Ready before it.

    These are the components that it depends on, and Kustomizations among the objects of these. `labels` are read only
    if a webhook selects objects by labels; an object with unknown labels counts as selected. Raises PenstockError with
    the cycle if there is one.
    """
    found = units(components)
    chain = chains(components)
    owner = {unit: name for name, each in chain.items() for unit in each}
    previous = steps(chain)
    provided = _Provided(found, labels)
    reasons: dict[str, dict[str, str]] = {}
    for name, unit in found.items():
        _refuse_unknown(owner[name], unit, chain)
        needed = {chain[before][-1]: "the label dependsOn" for before in unit.depends_on if before != owner[name]}
        for before, why in provided.needs(name, unit).items():
            if not why.startswith(_ADMISSION):
                needed[before] = why
            elif owner[before] != owner[name]:
                # A webhook is only sure to work after its last hook. Its own hooks run before it, as with Helm.
                needed.setdefault(chain[owner[before]][-1], why)
        if name in previous:
            needed[previous[name]] = "what comes before it in its component"
        reasons[name] = {before: needed[before] for before in sorted(needed) if before not in ("", name)}
    edges = {name: list(before) for name, before in reasons.items()}
    _refuse_cycle(edges, reasons)
    nested = {name: _kustomizations(unit) for name, unit in found.items()}
    return {
        name: sorted({*before, *(item for each in before for item in nested[each])}) for name, before in edges.items()
    }


def is_relay(component: LockedComponent) -> bool:
    """Whether a component contains only Flux objects, which apply its actual content."""
    return all(locked.ref.group.endswith(_FLUX) for locked in component.files.values())


def _kustomizations(component: LockedComponent) -> list[str]:
    refs = [locked.ref for locked in component.files.values()]
    return [ref.name for ref in refs if ref.group_kind == f"kustomize{_FLUX}/Kustomization"]


class _Provided:
    """What units provide to others: namespaces, kinds, admission."""

    def __init__(self, found: dict[str, LockedComponent], labels: ReadLabels) -> None:
        self.labels = labels
        self.namespaces: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.rules: list[tuple[str, Admission]] = []
        namespace_files: dict[str, tuple[str, str]] = {}
        for name, unit in found.items():
            for file, locked in unit.files.items():
                if locked.ref.group_kind == "/Namespace":
                    self.namespaces[locked.ref.name] = name
                    namespace_files[locked.ref.name] = (name, file)
            for token in unit.provides:
                rule = admission.read(token)
                if rule:
                    self.rules.append((name, rule))
                else:
                    self.kinds[token.split(" ")[1]] = name
        # Read only if a webhook selects by them.
        selected = any(rule.namespaces for _, rule in self.rules)
        self.namespace_labels: Mapping[str, Labels | None] = (
            {name: labels(*where) for name, where in namespace_files.items()} if selected else {}
        )
        self.namespaces = {key: name for key, name in self.namespaces.items() if key not in BUILTIN_NAMESPACES}

    def needs(self, name: str, unit: LockedComponent) -> dict[str, str]:
        """Return the units that a unit needs, with the reasons."""
        needed: dict[str, str] = {}
        for file, locked in unit.files.items():
            ref = locked.ref
            needed[self.namespaces.get(ref.namespace, "")] = f"Namespace {ref.namespace}"
            needed[self.kinds.get(ref.group_kind, "")] = f"the definition of {ref.kind}"
            item = Judged(ref, partial(self.labels, name, file))
            for owner, rule in self.rules:
                if owner not in needed and admission.judges(rule, item, self.namespace_labels):
                    needed[owner] = f"{_ADMISSION}{ref.kind} {ref.name}"
        return needed


def _refuse_unknown(name: str, component: LockedComponent, known: Collection[str]) -> None:
    for before in component.depends_on:
        if before not in known:
            raise PenstockError(
                f"components/{name}: the label `dependsOn: {before}` names a component that isn't there",
                f"the components are {', '.join(sorted(known))}",
            )


def _refuse_cycle(edges: dict[str, list[str]], reasons: dict[str, dict[str, str]]) -> None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib lists each node before the one that depends on it.
        cycle = list(reversed(error.args[1]))
        whys = [reasons[name][before] for name, before in pairwise(cycle)]
        why = ", ".join(f"{name} needs {before} ({reasons[name][before]})" for name, before in pairwise(cycle))
        judged = any(each.startswith(_ADMISSION) for each in whys)
        raise Findings(
            [f"dependency cycle: {' -> '.join(cycle)}: {why}"], _WAY_OUT_OF_ADMISSION if judged else _WAY_OUT, ORDER
        ) from None

"""Which component must be there before which: derived from the objects themselves.

An edge stands only where the API needs it: the namespace of an object, the definition of its kind, the admission that
judges it, and what a release declares itself with the label dependsOn. Pods retry by themselves, and every level costs
Flux five seconds. The hooks of a component are units of their own, before and after it.
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
    """For every unit the sorted names of the Flux Kustomizations that must be Ready before it.

    They are those of the components that it depends on, and the ones that such a component holds itself. `labels` are
    asked for only where a webhook selects objects by them; an object whose labels aren't known counts as selected.
    PenstockError with the cycle if there is one.
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
                # Only once its last hook ran a webhook is sure to work. Its own hooks come before it, as with Helm.
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
    """Whether a component holds objects of Flux alone, which then apply what it is there for."""
    return all(locked.ref.group.endswith(_FLUX) for locked in component.files.values())


def _kustomizations(component: LockedComponent) -> list[str]:
    """The names of the Flux Kustomizations in a component."""
    refs = [locked.ref for locked in component.files.values()]
    return [ref.name for ref in refs if ref.group_kind == f"kustomize{_FLUX}/Kustomization"]


class _Provided:
    """What the units bring that others need: namespaces, kinds, admission."""

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
        # Read only where a webhook asks for them.
        selected = any(rule.namespaces for _, rule in self.rules)
        self.namespace_labels: Mapping[str, Labels | None] = (
            {name: labels(*where) for name, where in namespace_files.items()} if selected else {}
        )
        self.namespaces = {key: name for key, name in self.namespaces.items() if key not in BUILTIN_NAMESPACES}

    def needs(self, name: str, unit: LockedComponent) -> dict[str, str]:
        """The units that a unit needs, and why."""
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


def _refuse_unknown(name: str, component: LockedComponent, there: Collection[str]) -> None:
    for before in component.depends_on:
        if before not in there:
            raise PenstockError(
                f"components/{name}: the label `dependsOn: {before}` names a component that isn't there",
                f"the components are {', '.join(sorted(there))}",
            )


def _refuse_cycle(edges: dict[str, list[str]], reasons: dict[str, dict[str, str]]) -> None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib gives each node before the one that depends on it.
        cycle = list(reversed(error.args[1]))
        whys = [reasons[name][before] for name, before in pairwise(cycle)]
        why = ", ".join(f"{name} needs {before} ({reasons[name][before]})" for name, before in pairwise(cycle))
        judged = any(each.startswith(_ADMISSION) for each in whys)
        raise Findings(
            [f"dependency cycle: {' -> '.join(cycle)}: {why}"], _WAY_OUT_OF_ADMISSION if judged else _WAY_OUT, ORDER
        ) from None

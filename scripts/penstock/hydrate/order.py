"""Which component must be there before which: derived from the objects themselves.

An edge stands only where the API needs it: the namespace of an object, the definition of its kind, the admission that
judges it, and what a release says itself with the label dependsOn. Pods retry by themselves, and every level costs Flux
five seconds.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from penstock.core.errors import PenstockError
from penstock.hydrate.kinds import GIVEN_NAMESPACES, plural
from penstock.hydrate.lock import LockedComponent

_FLUX = ".toolkit.fluxcd.io"


def order(components: dict[str, LockedComponent]) -> dict[str, list[str]]:
    """For every component the sorted names of the Flux Kustomizations that must be Ready before it.

    They are those of the components that it depends on, and the ones that such a component holds itself.
    PenstockError with the cycle if there is one.
    """
    namespaces, kinds, admissions = _providers(components)
    reasons: dict[str, dict[str, str]] = {}
    for name, component in components.items():
        _refuse_unknown(name, component, components)
        wanted = dict.fromkeys(component.depends_on, "the label dependsOn")
        for locked in component.files.values():
            group, kind, namespace, _ = locked.id.split("/", 3)
            wanted[namespaces.get(namespace, "")] = f"Namespace {namespace}"
            wanted[kinds.get(f"{group}/{kind}", "")] = f"the definition of {kind}"
            wanted |= {
                owner: f"admission of {kind}" for owner, rules in admissions.items() if _judged(group, kind, rules)
            }
        reasons[name] = {before: wanted[before] for before in sorted(wanted) if before not in ("", name)}
    edges = {name: list(before) for name, before in reasons.items()}
    _refuse_cycle(edges, reasons)
    held = {name: _kustomizations(component) for name, component in components.items()}
    return {
        name: sorted({*before, *(item for each in before for item in held[each])}) for name, before in edges.items()
    }


def is_relay(component: LockedComponent) -> bool:
    """Whether a component holds objects of Flux alone, which then apply what it is there for."""
    return all(locked.id.split("/", 1)[0].endswith(_FLUX) for locked in component.files.values())


def _kustomizations(component: LockedComponent) -> list[str]:
    """The names of the Flux Kustomizations in a component."""
    parts = [locked.id.split("/", 3) for locked in component.files.values()]
    return [name for group, kind, _, name in parts if (group, kind) == (f"kustomize{_FLUX}", "Kustomization")]


def _providers(components: dict[str, LockedComponent]) -> tuple[dict[str, str], dict[str, str], dict[str, set[str]]]:
    namespaces: dict[str, str] = {}
    kinds: dict[str, str] = {}
    admissions: dict[str, set[str]] = {}
    for name, component in components.items():
        for locked in component.files.values():
            if locked.id.startswith("/Namespace//"):
                namespaces[locked.id.rsplit("/", 1)[1]] = name
        for token in component.provides:
            what, subject = token.split(" ")[:2]
            if what == "Kind":
                kinds[subject] = name
            else:
                admissions.setdefault(name, set()).add(subject)
    return {key: name for key, name in namespaces.items() if key not in GIVEN_NAMESPACES}, kinds, admissions


def _judged(group: str, kind: str, rules: set[str]) -> bool:
    resource = plural(kind)
    return bool(rules & {f"{group}/{resource}", f"{group}/*", f"*/{resource}", "*/*", f"{group}/*/*", "*/*/*"})


def _refuse_unknown(name: str, component: LockedComponent, components: dict[str, LockedComponent]) -> None:
    for before in component.depends_on:
        if before not in components:
            raise PenstockError(
                f"components/{name}: the label `dependsOn: {before}` names a component that isn't there",
                f"the components are {', '.join(sorted(components))}",
            )


def _refuse_cycle(edges: dict[str, list[str]], reasons: dict[str, dict[str, str]]) -> None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib gives each node before the one that depends on it.
        cycle = list(reversed(error.args[1]))
        why = ", ".join(f"{name} needs {before} ({reasons[name][before]})" for name, before in pairwise(cycle))
        raise PenstockError(
            f"dependency cycle: {' -> '.join(cycle)}: {why}",
            "move the Namespace, definition or label that closes it to a component of its own",
        ) from None

"""Select the objects that an admission registration applies to, by the API server's rules and selectors.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from penstock.hydrate.labels import Labels
from penstock.kube.kinds import ADMISSION, plural
from penstock.kube.ref import ObjectRef

if TYPE_CHECKING:  # the fast check orders components, and renders nothing
    from penstock.tools.render import Rule

_EXEMPT = frozenset(f"admissionregistration.k8s.io/{kind}" for kind in ADMISSION)
_NAME_LABEL = "kubernetes.io/metadata.name"
_TOKEN = "Admission"  # noqa: S105, not a password


@dataclass(frozen=True)
class Admission:
    """One rule of a registration, for one resource."""

    group: str
    resource: str
    scope: str = ""
    namespaces: Mapping[str, Any] | None = None
    objects: Mapping[str, Any] | None = None


def tokens(rule: Rule) -> list[str]:
    """Return a rule as tokens of the lock: `Admission apps/deployments`, then any scope and selectors as JSON."""
    fields = {"namespaces": rule.namespaces, "objects": rule.objects, "scope": rule.scope}
    selectors = {key: value for key, value in fields.items() if value}
    more = f" {msgspec.json.encode(selectors, order='sorted').decode()}" if selectors else ""
    return [f"{_TOKEN} {group}/{resource}{more}" for group in rule.groups or [] for resource in rule.resources or []]


def read(token: str) -> Admission | None:
    """Parse a token of the lock; returns None if it isn't an admission rule."""
    what, subject, *more = token.split(" ", 2)
    if what != _TOKEN:
        return None
    group, _, resource = subject.partition("/")
    return Admission(group, resource, **(msgspec.json.decode(more[0]) if more else {}))


@dataclass(frozen=True)
class Judged:
    """An object, and a function that returns its labels, or None if they are unknown."""

    ref: ObjectRef
    labels: Callable[[], Labels | None]


def judges(rule: Admission, item: Judged, namespaces: Mapping[str, Labels | None]) -> bool:
    """Whether a rule applies to an object; `namespaces` has the labels of namespaces, None if unknown."""
    if item.ref.group_kind in _EXEMPT or rule.group not in ("*", item.ref.group):
        return False
    resource, _, sub = rule.resource.partition("/")
    if resource not in ("*", plural(item.ref.kind)) or sub not in ("", "*"):
        return False
    if rule.scope and (rule.scope == "Namespaced") is not bool(item.ref.namespace):
        return False
    return _in_namespaces(rule, item, namespaces) and _selected(rule, item)


def _in_namespaces(rule: Admission, item: Judged, namespaces: Mapping[str, Labels | None]) -> bool:
    """A Namespace is selected by its own labels; namespace selectors never exclude other cluster-scoped objects."""
    name = item.ref.name if item.ref.group_kind == "/Namespace" else item.ref.namespace
    if not rule.namespaces or not name:
        return True
    labels = namespaces.get(name, {})
    return labels is None or selects(rule.namespaces, {**labels, _NAME_LABEL: name})


def _selected(rule: Admission, item: Judged) -> bool:
    if not rule.objects:
        return True
    labels = item.labels()
    return labels is None or selects(rule.objects, labels)


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector selects these labels."""
    match_labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in match_labels.items()) and all(
        _fits(each, labels) for each in expressions
    )


def _fits(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, values = expression.get("key", ""), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return True  # an invalid operator, which the API server refuses

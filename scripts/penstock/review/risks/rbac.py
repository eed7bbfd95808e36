"""The permissions that a change grants, with wildcards and aggregated roles expanded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from penstock.core.model import convert
from penstock.kube.fields import KubeStruct, Selector
from penstock.review.risks.parts import at
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item
from penstock.review.world import World

KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


class Grant(NamedTuple):
    """A permission: `namespace` is empty for all of them, and so is `name` for all objects."""

    namespace: str
    group: str
    resource: str
    name: str
    verb: str

    def covers(self, other: Grant) -> bool:
        """Whether it includes another permission."""
        return (
            self.namespace in ("", other.namespace)
            and self.group in ("*", other.group)
            and self.resource in ("*", other.resource)
            and self.name in ("", other.name)
            and self.verb in ("*", other.verb)
        )


Subject = tuple[str, str]
"""Kind, and namespace/name."""


class _Aggregation(KubeStruct, frozen=True):
    cluster_role_selectors: list[Selector] = []


@risk(
    "rbac-widened",
    "privilege",
    "high",
    "An account or a group may do more in the cluster than before.",
    "Who takes over a pod of the account may do it, too.",
    "Grant the verbs and resources that the program needs, in one namespace, by name if possible.",
)
def rbac_widened(step: Step) -> Iterator[Hit]:
    """The exact permissions that a subject with a binding gains."""
    for subject, gained, item in _gained(step, known=True):
        yield Hit(item, f"{' '.join(subject)} may now {described(gained)}")


@risk(
    "rbac-granted",
    "privilege",
    "low",
    "An account or a group that had no permissions gets some.",
    "A new component comes with the permissions of its chart, which may be more than it needs.",
    "Compare them with what the component's README declares.",
)
def rbac_granted(step: Step) -> Iterator[Hit]:
    """The permissions of a subject that had none."""
    for subject, gained, item in _gained(step, known=False):
        yield Hit(item, f"{' '.join(subject)} may {described(gained)}")


def _gained(step: Step, *, known: bool) -> Iterator[tuple[Subject, list[Grant], Item]]:
    touched = [delta.item for delta in step.of(*KINDS) if delta.new]
    if not touched:
        return
    before, after = grants(step.before), grants(step.after)
    for subject in sorted(after):
        had = before.get(subject, set())
        gained = [one for one in sorted(expanded(after[subject])) if not any(old.covers(one) for old in had)]
        if gained and bool(had) == known:
            yield subject, gained, _cause(touched, subject)


def _cause(touched: list[Item], subject: Subject) -> Item:
    """The changed binding of a subject, else the first changed role."""
    name = subject[1].rpartition("/")[2]
    bound = [item for item in touched if any(one.get("name") == name for one in at(item, "subjects", []))]
    return (bound or touched)[0]


def grants(world: World) -> dict[Subject, set[Grant]]:
    """Return the permissions of every subject of a binding."""
    roles = {(item.kind, item.namespace, item.name): item for item in world.of("Role", "ClusterRole")}
    cluster = [item for (kind, _, _), item in roles.items() if kind == "ClusterRole"]
    found: dict[Subject, set[Grant]] = defaultdict(set)
    for binding in world.of("RoleBinding", "ClusterRoleBinding"):
        kind, name = str(at(binding, "roleRef.kind", "")), str(at(binding, "roleRef.name", ""))
        role = roles.get((kind, binding.namespace if kind == "Role" else "", name))
        given = {*_of_role(role, cluster, binding.namespace)} if role else _built_in(name, binding.namespace)
        for one in at(binding, "subjects", []):
            place = f"{one.get('namespace') or binding.namespace}/" if one.get("kind") == "ServiceAccount" else ""
            found[str(one.get("kind")), f"{place}{one.get('name')}"] |= given
    return found


def _built_in(name: str, namespace: str) -> set[Grant]:
    """The permissions of a role of Kubernetes itself: those of cluster-admin are known, others have a name alone."""
    if name == "cluster-admin":
        return {Grant(namespace, "*", "*", "", "*")}
    return {Grant(namespace, "", f"what the role {name} allows", "", "use")}


def _of_role(role: Item, cluster: list[Item], namespace: str) -> Iterator[Grant]:
    selectors = convert(role.content.get("aggregationRule") or {}, _Aggregation, role.file).cluster_role_selectors
    parts = [role, *(one for one in cluster if any(each.selects(one.metadata.labels) for each in selectors))]
    for rule in (rule for part in parts for rule in at(part, "rules", [])):
        for verb in rule.get("verbs") or []:
            yield from (Grant(namespace, "", str(url), "", str(verb)) for url in rule.get("nonResourceURLs") or [])
            for group in rule.get("apiGroups") or []:
                for resource in rule.get("resources") or []:
                    for name in rule.get("resourceNames") or [""]:
                        yield Grant(namespace, str(group), str(resource), str(name), str(verb))


def expanded(given: set[Grant]) -> set[Grant]:
    """Return the permissions with every verb that `*` stands for."""
    return {one._replace(verb=verb) for one in given for verb in (_VERBS if one.verb == "*" else (one.verb,))}


def described(gained: list[Grant]) -> str:
    """Return permissions as text: `get, list secrets in town; create pods in all namespaces`."""
    verbs: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in gained:
        verbs[one[:4]].append(one.verb)
    parts = []
    for (namespace, group, resource, name), several in verbs.items():
        shown = "every verb on" if {*_VERBS} <= {*several} else ", ".join(several)
        thing = "every resource" if resource == "*" else f"{resource}.{group}" if group not in ("", "*") else resource
        parts.append(f"{shown} {thing}{f' {name}' if name else ''} in {namespace or 'the whole cluster'}")
    more = f"; and {len(parts) - 6} more" if len(parts) > 6 else ""
    return "; ".join(parts[:6]) + more

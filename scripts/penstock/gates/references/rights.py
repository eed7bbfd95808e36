"""Rights: the service account with which Flux applies a component may apply all of its objects."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.model import convert
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.fields import KubeStruct
from penstock.kube.kinds import plural
from penstock.kube.kustomizations import KustomizationSpec
from penstock.kube.objects import Key, Object
from penstock.platform.rendered import Rendered

_APPLYING = ("create", "patch", "get", "delete")


class _Rule(KubeStruct, frozen=True):
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []
    verbs: list[str] = []

    def covers(self, group: str, resource: str) -> bool:
        """Whether the rule applies to all objects of a resource."""
        covered = {group, "*"} & {*self.api_groups} and {resource, "*"} & {*self.resources}
        return bool(covered and not self.resource_names)


class _Role(KubeStruct, frozen=True):
    rules: list[_Rule] = []


class _Subject(KubeStruct, frozen=True):
    kind: str
    name: str
    namespace: str = ""


class _RoleRef(KubeStruct, frozen=True):
    name: str


class _Binding(KubeStruct, frozen=True):
    role_ref: _RoleRef
    subjects: list[_Subject] = []


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each object that is applied with a service account."""
    roles = _Roles(world.rendered)
    folders: dict[str, list[Object]] = {}
    for item in world.rendered.objects:
        folders.setdefault(item.file.rpartition("/")[0], []).append(item)
    for item in world.rendered.of("Kustomization").values():
        spec = item.spec_as(KustomizationSpec)
        for applied in folders.get(spec.path.removeprefix("./"), []) if spec.service_account_name else ():
            yield _verdict(roles, applied, (item.namespace, spec.service_account_name))


class _Roles:
    """The rights of accounts from bound Roles; ClusterRoles and Roles of other namespaces don't count."""

    def __init__(self, rendered: Rendered) -> None:
        """Read the Roles and RoleBindings of an environment."""
        roles = {key: convert(item.content, _Role, item.file) for key, item in rendered.of("Role").items()}
        self._rules: dict[tuple[Key, str], list[_Rule]] = {}
        for (namespace, _), item in rendered.of("RoleBinding").items():
            binding = convert(item.content, _Binding, item.file)
            role = roles.get((namespace, binding.role_ref.name), _Role())
            for subject in binding.subjects:
                if subject.kind == "ServiceAccount":
                    account = subject.namespace, subject.name
                    self._rules.setdefault((account, namespace), []).extend(role.rules)

    def verbs(self, account: Key, namespace: str, group: str, resource: str) -> set[str]:
        """The verbs that an account may use on a resource in a namespace."""
        rules = self._rules.get((account, namespace), [])
        return {verb for rule in rules if rule.covers(group, resource) for verb in rule.verbs}


def _verdict(roles: _Roles, item: Object, account: Key) -> Verdict:
    allowed = roles.verbs(account, item.namespace, item.ref.group, plural(item.kind))
    lacking = [verb for verb in _APPLYING if not {verb, "*"} & allowed]
    shown = f"the account {'/'.join(account)}, with which Flux applies it"
    fault = f"{shown}, may not {' or '.join(lacking)} a {item.kind} in {item.namespace or 'the cluster'}"
    return Verdict(item.file, "kind", fault if lacking else "")

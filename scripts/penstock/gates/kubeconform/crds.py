"""The CustomResourceDefinitions that validate custom resources, from all of their sources."""

from __future__ import annotations

from penstock.cluster import operators
from penstock.cluster.operators import DEFINES
from penstock.core.errors import Findings
from penstock.gates.kubeconform.kubernetes import Kind
from penstock.gitops import mirror
from penstock.kube.definitions import definition
from penstock.kube.objects import Object
from penstock.platform.manifests import Manifests
from penstock.tools import flux, modules


def collect(environment: str, manifests: Manifests) -> list[Object]:
    """Every CRD of Flux, of nested Flux Kustomizations, of operators, and of the manifests themselves, in this order.

    The last one of a name wins. Raises Findings if a nested Kustomization declares other kinds than its source defines.
    """
    objects = manifests.all_objects()
    external = []
    for item in objects:
        if item.content["kind"] == item.kind == "Kustomization":
            applied = [each for path in mirror.applied(manifests, item) for each in modules.objects(path)]
            _refuse_other_kinds(environment, item, applied)
            external += applied
    of_flux = [item for path in flux.crds() for item in modules.objects(path)]
    every = [*of_flux, *external, *operators.crds(objects), *objects]
    return list({item.name: item for item in every if kinds(item)}.values())


def kinds(item: Object) -> set[Kind]:
    """The kinds that a definition serves; none if it is incomplete, which is reported separately."""
    defined = definition(item)
    if defined is None:
        return set()
    return {Kind(defined.group, version.name, defined.names.kind) for version in defined.versions if version.served}


def _refuse_other_kinds(environment: str, nested: Object, applied: list[Object]) -> None:
    """Compare the annotation, which determines the order of the components, with the definitions in the source."""
    declared = set(nested.metadata.annotations.get(DEFINES, "").strip().splitlines())
    actual = {str(defined) for item in applied if (defined := definition(item))}
    if declared != actual:
        where = f"{environment}: Kustomization {nested.name}: {DEFINES}"
        raise Findings(
            [f"{where} lacks `{line}`" for line in sorted(actual - declared)]
            + [f"{where} has `{line}`, which its source does not define" for line in sorted(declared - actual)],
            "fix the annotation in components/, then `inv hydrate`",
        )

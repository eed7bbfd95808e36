"""Find the CustomResourceDefinitions that operators create when they start, for clusters without running operators.

The operator's annotation penstock/defines lists them; their contents come from the operator's Go module.
"""

from __future__ import annotations

from penstock.core.errors import PenstockError
from penstock.kube.definitions import definition
from penstock.kube.objects import Object
from penstock.tools import modules
from penstock.tools.modules import OPERATORS

DEFINES = "penstock/defines"


def crds(objects: list[Object]) -> list[Object]:
    """Return the CustomResourceDefinitions of the operators among some objects, sorted by name.

    Flux Kustomizations are skipped, since their sources contain the definitions. Raises PenstockError for a kind that
    the operator's module doesn't define, or defines in another scope.
    """
    definitions = {}
    for item in objects:
        for line in _declared(item) if item.content["kind"] != "Kustomization" else ():
            if line.strip():
                found = _definition(item, line.strip())
                definitions[found.name] = found
    return [definitions[name] for name in sorted(definitions)]


def _declared(item: Object) -> list[str]:
    metadata = item.content.get("metadata")
    # The gate kubeconform reports documents that aren't objects.
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str((annotations or {}).get(DEFINES, "")).split("\n")


def _definition(item: Object, line: str) -> Object:
    group = line.partition("/")[0]
    where = f"{item.kind} {item.name}: {DEFINES}"
    module = OPERATORS.get(group)
    if module is None:
        raise PenstockError(
            f"{where}: no known module defines {group}",
            "add the operator's Go module to OPERATORS in scripts/penstock/tools/modules.py",
        )
    for path in sorted((module.root / module.inside).rglob("*.yaml")):
        for found in modules.objects(path):
            if str(definition(found)) == line:
                return found
    raise PenstockError(f"{where}: {module.path} {module.version} does not define `{line}`", "fix the annotation")

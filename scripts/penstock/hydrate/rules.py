"""The rules of hydration's errors."""

from __future__ import annotations

from penstock.core.rule import Rule

COLLISION = Rule(
    "hydrate/collision",
    "Two objects with the same kind, namespace and name, or a name that Penstock needs for objects of its own.",
    "Flux would apply them in turn, and each would overwrite the other.",
    "Render one of them only, or under another name.",
)
NAMESPACE = Rule(
    "hydrate/namespace",
    "An object of a namespaced kind without a namespace, or of a cluster-scoped kind with one.",
    "The API server would refuse it.",
    "Set or remove metadata.namespace in the template.",
)
KIND = Rule(
    "hydrate/kind",
    "An object of a kind that neither Kubernetes nor any component defines.",
    "The API server would refuse it, and its component would never be Ready.",
    "Add the CustomResourceDefinition to a component.",
)
SECRET = Rule(
    "hydrate/secret",
    "A Secret that carries data.",
    "Anyone who can read the repository could read it, even after it is removed.",
    "Have the chart leave it out, and declare it in the component's secrets.yaml.",
)
DROPPED = Rule(
    "hydrate/dropped",
    "An object with an annotation that makes Flux's kustomize drop it.",
    "The object would be in Git but never in the cluster, and `inv up` would wait for it forever.",
    "Remove the annotation, or keep the object out of Git with a kustomization.",
)
HOOK = Rule(
    "hydrate/hook",
    "A Helm hook that the component's hooks.yaml doesn't handle.",
    "Flux runs no hooks: what the chart needs before or after an installation would be missing.",
    "Turn it off with a chart value, or declare it in hooks.yaml.",
)
HERMETIC = Rule(
    "hydrate/hermetic",
    "A source that reads a file outside its component, environments/ and charts/, or calls a function that isn't pure.",
    "The manifests would depend on the machine and the time, and change without a change in Git.",
    "Copy the file into the component; pass the value through environments/.",
)
AMBIGUOUS = Rule(
    "hydrate/ambiguous",
    "A plain scalar of a values file that Helm and helmfile read as different things.",
    "The chart could get a different value from what the file appears to contain.",
    "Quote it, or write true or false.",
)
RENDER = Rule(
    "hydrate/render",
    "A release or kustomization that fails to render, or renders different objects the second time.",
    "The manifests would be incomplete, or would change with every hydration.",
    "Fix the template or value that the message names.",
)
UNREAD = Rule(
    "hydrate/unread",
    "A file that nothing reads, with a name close to one that would be read.",
    "A misspelled file would be silently left out of the manifests.",
    "Rename it, or delete it.",
)
VALUES = Rule(
    "hydrate/values",
    "A value of an environment that environments/schema.json doesn't allow.",
    "A misspelled key would be ignored, and a default would be used instead.",
    "Fix the key or its value.",
)
OWN = Rule(
    "hydrate/own",
    "A value that belongs to one cluster, such as its name, which an environment inherits from another.",
    "Two clusters would have the same name, host names, or buckets, and one would overwrite the other's data.",
    "Set it in the environment's own file; `x-own` in environments/schema.json marks such keys.",
)
ORDER = Rule(
    "hydrate/order",
    "Components that depend on each other in a cycle.",
    "Flux would wait for each of them forever.",
    "Move the object that closes the cycle to its own component.",
)
STALE = Rule(
    "hydrate-check/stale",
    "A file of manifests/ that is missing, extra, or not what its sources render.",
    "The cluster would get other manifests than the sources describe, and the next hydration would change them.",
    "Run `inv hydrate` and commit what it writes.",
)
UNCOMMITTED = Rule(
    "hydrate-check/uncommitted",
    "A source or manifest that is missing from the commit, or whose staged content differs from the working tree; or "
    "manifests in the commit whose environment has a branch of its own for them.",
    "A clone of the commit would be refused, or would hydrate to other manifests.",
    "Run the commands that the findings name, then commit again.",
)
RULES = [COLLISION, NAMESPACE, KIND, SECRET, DROPPED, HOOK, HERMETIC, AMBIGUOUS, RENDER, UNREAD, VALUES, OWN, ORDER]
BY_ID = {rule.id: rule for rule in (STALE, UNCOMMITTED, *RULES)}

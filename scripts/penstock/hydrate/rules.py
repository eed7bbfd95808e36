"""The rules of hydration's errors."""

from __future__ import annotations

from penstock.core.rule import Rule

COLLISION = Rule(
    "hydrate/collision",
    "Two objects of the same kind, namespace and name, or an object or component named like one that Penstock makes.",
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
    "It would be in Git, and in its history, for everyone who reads the repository.",
    "Have the chart leave it out, and declare it in the component's secrets.yaml.",
)
DROPPED = Rule(
    "hydrate/dropped",
    "An object with an annotation for which Flux's kustomize leaves it out.",
    "The object would be in Git but never in the cluster, and `inv up` would wait for it for ever.",
    "Take the annotation out, or keep the object out of Git by a kustomization.",
)
HOOK = Rule(
    "hydrate/hook",
    "A Helm hook for which the component's hooks.yaml doesn't declare what becomes of it.",
    "Flux runs no hooks: what the chart needs before or after an installation would be missing.",
    "Turn it off by a value of the chart, or declare it in hooks.yaml.",
)
HERMETIC = Rule(
    "hydrate/hermetic",
    "A source that reads something beyond its component, environments/ and charts/, or a function that isn't pure.",
    "The manifests would depend on the machine and the moment, and change without a change in Git.",
    "Copy the file into the component; pass the value through environments/.",
)
AMBIGUOUS = Rule(
    "hydrate/ambiguous",
    "A plain scalar of a values file that Helm and helmfile read as different things.",
    "A chart could get another value than the file seems to say.",
    "Quote it, or write true or false.",
)
RENDER = Rule(
    "hydrate/render",
    "A release or kustomization that doesn't render, or renders other objects at a second time.",
    "What is in Git would be incomplete, or change with every hydration.",
    "Fix the template or value that the message names.",
)
UNREAD = Rule(
    "hydrate/unread",
    "A file that nothing reads, with a name close to one that would be read.",
    "A misspelled file would be left out of the manifests in silence.",
    "Rename it, or delete it.",
)
VALUES = Rule(
    "hydrate/values",
    "A value of an environment that environments/schema.json doesn't allow.",
    "A misspelled key would be ignored, and a default would be used instead.",
    "Fix the key or its value.",
)
ORDER = Rule(
    "hydrate/order",
    "Components that depend on each other in a cycle.",
    "Flux would wait for each of them for ever.",
    "Move what closes the cycle to a component of its own.",
)
STALE = Rule(
    "hydrate-check/stale",
    "A file of manifests/ that is missing, extra, or not what its sources render.",
    "The cluster would get other manifests than the sources describe, and the next hydration would change them.",
    "Run `inv hydrate` and commit what it writes.",
)
UNCOMMITTED = Rule(
    "hydrate-check/uncommitted",
    "A source or manifest that the commit lacks, or has with other contents than the working tree.",
    "A clone of the commit would be refused, or would hydrate to other manifests.",
    "Run the commands that the findings name, then commit again.",
)
RULES = [COLLISION, NAMESPACE, KIND, SECRET, DROPPED, HOOK, HERMETIC, AMBIGUOUS, RENDER, UNREAD, VALUES, ORDER]
BY_ID = {rule.id: rule for rule in (STALE, UNCOMMITTED, *RULES)}

"""The oracle: compares manifests/ object by object with what plain `helmfile template` and `kustomize build` render.

It shares only three parts with the hydrator: the list of components, the copy of the sources for programs, and the
choice of an upstream chart's archive.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.core.files import plain_folder
from penstock.core.process import Command, run
from penstock.core.yaml import dump_all, parse_all
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.gitops import accounts
from penstock.hydrate import hooks, names, pinned, stage, upstream_charts
from penstock.hydrate.charts import Charts
from penstock.hydrate.hooks import Policy
from penstock.hydrate.select import Component
from penstock.kube.ref import Content, ObjectRef
from penstock.platform import environments, lineage
from penstock.platform.layout import Layout
from penstock.platform.manifests import Manifests
from penstock.tools import helmfile
from penstock.tools.resolver import resolve

_CHART = "chart.yaml"
_TESTS = {"test", "test-success", "test-failure"}
_HOOK = re.compile(r"helm\.sh/hook(-.*)?")
# Kustomize's internal annotations; kustomize, and so Flux, removes them from objects.
_BOOKKEEPING = re.compile(
    r"(internal\.)?config\.kubernetes\.io/(index|path)|config\.k8s\.io/id|config\.kubernetes\.io/origin"
    r"|alpha\.config\.kubernetes\.io/transformations|internal\.config\.kubernetes\.io/(id|seqindent|refBy"
    r"|annotations-migration-resource-id|previous(Kinds|Names|Namespaces)|prefixes|suffixes|generatorBehavior"
    r"|needsHashSuffix|allow(Name|Kind)Change)"
)


_HINT = "run `inv hydrate`; if the hydrator and helmfile still disagree, report it as a bug"
_WHY = "The manifests would deviate from what Helm and Kustomize document."
_FIX = "Run `inv hydrate`; if the finding stays, report it as a bug of the renderer."
_MISSING = Rule("hydrate-oracle/missing", "An object that helmfile renders and manifests/ lacks.", _WHY, _FIX)
_EXTRA = Rule("hydrate-oracle/extra", "An object of manifests/ that helmfile doesn't render.", _WHY, _FIX)
_DIFFERENT = Rule("hydrate-oracle/different", "An object that helmfile renders differently.", _WHY, _FIX)


@gate("hydrate-oracle", rules=[_MISSING, _EXTRA, _DIFFERENT], needs=["helm", "helmfile", "kustomize"])
def hydrate_oracle(platform: Layout) -> Iterator[Finding | Proven]:
    """Plain `helmfile template` and `kustomize build` render the same objects."""
    for name in environments.chosen(platform):
        expected, policies = _expected(platform, name)
        manifests = Manifests(platform.tree(name))
        # The rights of Flux's accounts are derived from the objects, not rendered; hydrate-check covers them.
        actual = {item.ref: item.content for item in manifests.all_objects() if f"/{accounts.PREFIX}" not in item.file}
        # Helm omits hooks that it no longer supports (crd-install), so there is nothing to compare with.
        for ref in actual.keys() - expected.keys():
            if any(_decision(policy, ref) == "apply" for policy in policies):
                del actual[ref]
        differences = list(_differences(expected, actual))
        for rule, ref, text in differences:
            yield Finding(rule.id, text, _HINT, object=ref, environments=(name,))
        if not differences:
            yield Proven(f"{len(actual)} objects, each equal to what helmfile and kustomize render", name)


def _expected(layout: Layout, environment: str) -> tuple[dict[ObjectRef, Any], list[Policy]]:
    """The objects that helmfile and kustomize render, and what the components declare about their hooks."""
    objects: dict[ObjectRef, Any] = {}
    every: list[Policy] = []
    with plain_folder("penstock-exports-") as exports:
        # Commits are exported again, so that nothing in the cache is believed.
        revisions = pinned.Revisions(layout, exports)
        components = pinned.components(revisions, environment)
        for commit in sorted({item.commit for item in components}):
            then = revisions.at(commit) if commit else layout
            those = [item for item in components if item.commit == commit]
            policies = {item.name: _policy(layout, item, environment) for item in those}
            objects |= _objects(then, environment, those, policies)
            every += policies.values()
    return objects, every


def _objects(
    layout: Layout, environment: str, components: list[Component], policies: dict[str, Policy]
) -> dict[ObjectRef, Any]:
    objects: dict[ObjectRef, Any] = {}
    with plain_folder("penstock-oracle-") as home:
        staged, components = stage.stage(layout, [environment], components, home)
        upstream_charts.prepare(staged, Charts(layout, may_lock=False), environment, components, home)
        plain = [item for item in components if not item.kustomization and not policies[item.name].text]
        helmfiles = [item.helmfile for item in plain if item.helmfile]
        if helmfiles:
            with helmfile.selection(helmfiles, environment) as path:
                objects |= _applied(_parsed(helmfile.template(path, environment, home)), Policy(""))
        for item in components:
            if item not in plain:
                objects |= _applied(_parsed(_rendered(item, environment, home)), policies[item.name])
    return objects


def _policy(layout: Layout, component: Component, environment: str) -> Policy:
    return hooks.read(component.folder, lineage.names(layout, environment), environments.known(layout))


def _decision(policy: Policy, ref: ObjectRef) -> str:
    """The action that the policy declares for an object if it is a hook; empty without a declaration."""
    return next((each.action for each in policy.decisions if each.means(ref)), "")


def _applied(rendered: dict[ObjectRef, Any], policy: Policy) -> dict[ObjectRef, Any]:
    """The objects that Flux applies: without tests and omitted hooks, and without annotations that only Helm reads."""
    applied = {}
    for ref, item in rendered.items():
        events = _events(item)
        if events and (events <= _TESTS or _decision(policy, ref) == "omit"):
            continue
        annotations = item["metadata"].get("annotations") or {}
        kept = {
            name: value
            for name, value in annotations.items()
            if not (_BOOKKEEPING.fullmatch(name) or (events and _HOOK.fullmatch(name)))
        }
        if kept != annotations:
            metadata = {**item["metadata"], "annotations": kept}
            item = {**item, "metadata": metadata if kept else {k: v for k, v in metadata.items() if k != "annotations"}}
        applied[ref] = item
    return applied


def _events(item: Content) -> set[str]:
    """The events at which Helm would apply an object; empty if it isn't a hook."""
    value = (item["metadata"].get("annotations") or {}).get("helm.sh/hook")
    return set() if value is None else {event.strip().lower() for event in str(value).split(",")}


def _without_tests(stream: str) -> str:
    """A chart's output without the objects of `helm test`; helm's own --skip-tests drops other hooks too."""
    documents = re.split(r"^---$", stream, flags=re.MULTILINE)
    return "---".join(text if "helm.sh/hook" not in text else _without_test(text) for text in documents)


def _without_test(text: str) -> str:
    """A blank line for a test; for a List, its items, since kustomize drops the head."""
    documents = parse_all(text, "what helmfile renders", last_wins=True)
    items = [item for document in documents if document for item in _items(document)]
    if any(events and events <= _TESTS for events in map(_events, items)):
        return "\n"
    return text if items == documents else f"\n{dump_all(items)}"


def _rendered(component: Component, environment: str, home: Path) -> str:
    chart = helmfile.template(component.helmfile, environment, home) if component.helmfile else ""
    if component.kustomization is None:
        return chart
    chart = _without_tests(chart)
    copy = home / component.name
    shutil.copytree(component.folder, copy)
    kustomizations = [path for name in names.KUSTOMIZATIONS for path in copy.rglob(name)]
    including = [path.parent for path in kustomizations if _CHART in path.read_text(errors="replace")]
    for folder in including:
        (folder / _CHART).write_text(chart)
    place = copy / component.kustomization.relative_to(component.folder)
    built = run(Command([resolve("kustomize"), "build", place], env={"HOME": str(home), "PATH": ""}, bare=True)).text
    return built if including else f"{chart}\n---\n{built}"


def _parsed(stream: str) -> dict[ObjectRef, Any]:
    documents = parse_all(stream, "what helmfile and kustomize render", last_wins=True)
    return {ObjectRef.of(item): item for document in documents if document for item in _items(document)}


def _items(document: Content) -> list[Content]:
    """The items of a List, which the hydrator writes one by one, or the object itself."""
    items = document.get("items")
    if not isinstance(items, list) or not str(document.get("kind")).endswith("List"):
        return [document]
    return [inner for item in items for inner in _items(_headed(item, document))]


def _headed(item: Content, head: Content) -> Content:
    """An item with the kind and the hook of its List: Helm reads only the head of a document."""
    if kind := str(head["kind"]).removesuffix("List"):
        item = {"apiVersion": head["apiVersion"], "kind": kind, **item}
    own = (item.get("metadata") or {}).get("annotations") or {}
    heads = (head.get("metadata") or {}).get("annotations") or {}
    hook = {key: value for key, value in heads.items() if "helm.sh/hook" in heads and _HOOK.fullmatch(key)}
    annotations = {key: value for key, value in own.items() if not _HOOK.fullmatch(key)} | hook
    if annotations == own:
        return item
    metadata = {key: value for key, value in item["metadata"].items() if key != "annotations"}
    return {**item, "metadata": {**metadata, "annotations": annotations} if annotations else metadata}


def _differences(expected: dict[ObjectRef, Any], actual: dict[ObjectRef, Any]) -> Iterator[tuple[Rule, ObjectRef, str]]:
    for ref in sorted(expected.keys() - actual.keys()):
        yield _MISSING, ref, "is rendered by helmfile, but not in manifests/"
    for ref in sorted(actual.keys() - expected.keys()):
        yield _EXTRA, ref, "is in manifests/, but not rendered by helmfile"
    for ref in sorted(expected.keys() & actual.keys()):
        path = _first_difference(expected[ref], actual[ref], "")
        if path:
            yield _DIFFERENT, ref, f"differs at {path}"


def _first_difference(left: Any, right: Any, path: str) -> str:
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        pairs = [(f"{path}.{key}", left[key], right[key]) for key in left]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(f"{path}[{index}]", *both) for index, both in enumerate(zip(left, right, strict=True))]
    else:
        return "" if type(left) is type(right) and left == right else path or "."
    return next((place for where, one, other in pairs if (place := _first_difference(one, other, where))), "")

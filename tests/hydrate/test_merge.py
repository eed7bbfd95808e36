"""Two branches that Git merges without a conflict, and what is wrong with the tree then: the fast check says so."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from penstock.core.errors import Findings
from penstock.hydrate.rules import BY_ID
from support import Platform

CONFIGMAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same, namespace: town}\n"
DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.org}\n"
    "spec: {group: example.org, names: {kind: Widget, plural: widgets}, scope: Cluster, versions: "
    "[{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n"
)
WIDGET = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: village}\n"
USER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: u, namespace: village}\n"
# Between the others, so that Git sees a context of lines that no branch changes.
PADDING = ("alder", "beech", "birch", "cedar", "elder", "hazel", "larch", "maple", "olive", "plane", "yew")
Change = Callable[[Platform], None]


def put(component: str, *objects: str) -> Change:
    def change(made: Platform) -> None:
        folder = f"components/{component}/kustomize/overlays/local"
        names = [f"object-{number}.yaml" for number in range(len(objects))]
        made.write(f"{folder}/kustomization.yaml", f"resources: [{', '.join(names)}]\n")
        for name, text in zip(names, objects, strict=True):
            made.write(f"{folder}/{name}", text)

    return change


def plain(name: str) -> str:
    return CONFIGMAP.replace("same", name)


@pytest.fixture
def forked(good: Platform) -> Platform:
    """A platform with many components, committed."""
    for name in PADDING:
        put(name, plain(name))(good)
    put("cedar", plain("cedar"), DEFINITION)(good)
    good.git("init", "--quiet", "--initial-branch=main")
    good.hydrate()
    good.commit("Start")
    return good


def merge(made: Platform, ours: Change, theirs: Change) -> None:
    for branch, change in (("theirs", theirs), ("ours", ours)):
        made.git("checkout", "--quiet", "-b", branch, "main")
        change(made)
        made.hydrate()
        made.commit(branch)
        made.check(fast=True)
    made.git("-c", "user.name=Test", "-c", "user.email=test@example.org", "merge", "--quiet", "--no-edit", "theirs")


@pytest.mark.parametrize(
    ("ours", "theirs", "said", "rule"),
    [
        (
            put("alder", plain("alder"), CONFIGMAP),
            put("yew", plain("yew"), CONFIGMAP),
            "ConfigMap town/same is rendered by components/alder and by components/yew",
            "hydrate/collision",
        ),
        (
            put("cedar", plain("cedar")),
            put("yew", plain("yew"), WIDGET),
            "components/yew: Widget w (widget-w.yaml) is of a kind that no component defines: example.org/Widget",
            "hydrate/kind",
        ),
        (
            put("alder", plain("alder"), NAMESPACE),
            put("olive", plain("olive"), USER),
            "flux-system/kustomization-olive.yaml doesn't follow from the components any more (a merge?)",
            "hydrate-check/stale",
        ),
        (
            put("beech", plain("beech"), DEFINITION.replace("idget", "heel")),
            put("yew", plain("yew"), DEFINITION.replace("idget", "heel")),
            "CustomResourceDefinition wheels.example.org is rendered by components/beech and by components/yew",
            "hydrate/collision",
        ),
    ],
    ids=["the same object twice", "a kind gone", "a namespace and its user", "a kind twice"],
)
def test_a_merge_that_does_not_fit_together(
    ours: Change, theirs: Change, said: str, rule: str, forked: Platform
) -> None:
    merge(forked, ours, theirs)
    with pytest.raises(Findings, match=re.escape(said)) as caught:
        forked.check(fast=True)
    assert any(line.endswith(f"{said} [{rule}]") for line in caught.value.lines)
    assert BY_ID[rule].hint in caught.value.hint


def test_a_merge_that_fits_together_passes(forked: Platform) -> None:
    merge(forked, put("alder", plain("alder-2")), put("yew", plain("yew-2")))
    forked.check(fast=True)


def test_a_lock_that_hydrate_did_not_write_is_refused(good: Platform) -> None:
    path = good.tree / "penstock.lock"
    path.write_text(path.read_text().replace('"version": 3', '"version": 3 '))
    with pytest.raises(Findings, match=r"penstock\.lock is not as `inv hydrate` writes it"):
        good.check(fast=True)


def test_a_component_that_others_depend_on_is_gone(good: Platform) -> None:
    path = good.tree / "penstock.lock"
    path.write_text(path.read_text().replace('"depends_on": []', '"depends_on": [\n    "nowhere"\n   ]', 1))
    with pytest.raises(Findings, match="the label `dependsOn: nowhere` names a component that isn't there"):
        good.check(fast=True)

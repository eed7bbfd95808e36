"""What environments with the same objects share: the same bytes as deriving the files of each alone."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from penstock.core.errors import Findings
from penstock.hydrate import check, derived
from penstock.hydrate.labels import ReadLabels, unknown
from penstock.hydrate.lock import LockedComponent, LockedUnit
from penstock.hydrate.shape import Shape, validate
from penstock.tools.render import Rule
from stage_support import CRD, component, thing

Components = dict[str, LockedComponent]


def some() -> Components:
    """A namespace with an account, a definition, and what needs both."""
    return {
        "definitions": component(CRD),
        "shop": component(thing("Deployment", "shop", "town", "apps/v1"), depends_on=("widgets",)),
        "spaces": component(thing("Namespace", "town")),
        "widgets": component(thing("Widget", "w", "town", "example.org/v1")),
    }


@pytest.mark.parametrize("name", ["manifests/local", "manifests/eu.west", "", "manifests/on", "A: b", "ENVIRONMENT"])
def test_every_environment_gets_the_files_that_it_gets_alone(name: str) -> None:
    derived.files("other", Shape(some()), unknown)
    assert derived.files(name, Shape(some()), unknown) == derived._files(name, some(), unknown)


def test_digests_make_no_shape() -> None:
    other = {
        name: msgspec.structs.replace(
            each,
            inputs="other",
            resolved="other",
            files={file: msgspec.structs.replace(entry, sha256="other") for file, entry in each.files.items()},
        )
        for name, each in some().items()
    }
    assert Shape(other) == Shape(some())
    assert hash(Shape(other)) == hash(Shape(some()))


def change(**fields: object) -> Callable[[LockedComponent], LockedComponent]:
    return lambda each: msgspec.structs.replace(each, **fields)


@pytest.mark.parametrize(
    "changed",
    [
        change(depends_on=[]),
        change(provides=["Kind example.org/Shop Namespaced"]),
        change(files={}),
        change(files=component(thing("Deployment", "shop", "village", "apps/v1")).files),
        lambda each: change(files={"other.yaml": each.files["deployment-shop.yaml"]})(each),
        lambda each: change(parts={"pre-deploy": LockedUnit(provides=[], files=each.files)})(each),
    ],
)
def test_what_files_are_derived_from_makes_another_shape(
    changed: Callable[[LockedComponent], LockedComponent],
) -> None:
    assert Shape(some() | {"shop": changed(some()["shop"])}) != Shape(some())


def test_another_part_is_another_shape() -> None:
    def of(part: str) -> Shape:
        shop = change(parts={part: LockedUnit(provides=[], files=some()["spaces"].files)})(some()["shop"])
        return Shape(some() | {"shop": shop})

    assert of("pre-deploy") != of("post-deploy")


def test_a_fault_is_raised_for_each_environment() -> None:
    faulty = {"c": component(thing("Pod", "p"))}
    for _ in range(2):
        with pytest.raises(Findings, match=r"has no metadata\.namespace"):
            validate(check.check, Shape(faulty))


def labelled(label: str) -> ReadLabels:
    return lambda _unit, _file: {"a": label}


def test_labels_are_those_of_each_environment() -> None:
    rule = Rule(groups=["apps"], resources=["deployments"], objects={"matchLabels": {"a": "b"}})
    api = "admissionregistration.k8s.io/v1"
    judge = component(thing("ValidatingWebhookConfiguration", "h", api=api, admits=[rule]))
    shape = Shape({"judge": judge, "shop": component(thing("Deployment", "shop", "default", "apps/v1"))})
    waits, ready = (
        derived.files("manifests/local", shape, labelled(label))["flux-system/kustomization-shop.yaml"]
        for label in ("b", "c")
    )
    assert b"- name: judge" in waits
    assert b"- name: judge" not in ready

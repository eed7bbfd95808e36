"""One file per object, named after it."""

from __future__ import annotations

import pytest

from penstock.core.errors import Findings
from penstock.tools.render import Object
from stage_support import component, thing


@pytest.mark.parametrize(
    ("objects", "files"),
    [
        ([thing("ConfigMap", "a", "n")], ["configmap-a.yaml"]),
        ([thing("ConfigMap", "a", "n"), thing("ConfigMap", "a", "m")], ["configmap-m-a.yaml", "configmap-n-a.yaml"]),
        (
            [thing("Ingress", "a", "n", "a.io/v1"), thing("Ingress", "a", "n", "b.io/v1")],
            ["ingress-a.io-n-a.yaml", "ingress-b.io-n-a.yaml"],
        ),
        ([thing("ClusterRole", "system:a")], ["clusterrole-system-a.yaml"]),
        ([thing("ConfigMap", "A/../b", "n")], ["configmap-a-..-b.yaml"]),
    ],
)
def test_a_file_is_named_after_its_object(objects: list[Object], files: list[str]) -> None:
    assert sorted(component(*objects).files) == files


def test_names_that_come_out_the_same_get_a_digest() -> None:
    """system:a and system-a are two objects and would be one file."""
    found = component(thing("ClusterRole", "system:a"), thing("ClusterRole", "system-a")).files
    assert len(found) == 2
    assert {locked.id.rsplit("/", 1)[1] for locked in found.values()} == {"system:a", "system-a"}


def test_naming_does_not_depend_on_the_order() -> None:
    objects = [thing("ConfigMap", name, space) for name in ("a", "b") for space in ("n", "m")] + [
        thing("Role", "a", "n")
    ]
    names = {file: locked.id for file, locked in component(*objects).files.items()}
    assert {file: locked.id for file, locked in component(*reversed(objects)).files.items()} == names
    assert len(names) == len(objects)


def test_no_object_takes_the_name_of_the_index() -> None:
    assert "kustomization.yaml" not in component(thing("Kustomization", "", "n")).files


@pytest.mark.parametrize("api", ["autoscaling/v2", "autoscaling/v1"])
def test_the_same_object_twice_is_refused(api: str) -> None:
    """Of two templates with one object, only one file could be written; another version is still the same object."""
    with pytest.raises(
        Findings, match="components/c: HorizontalPodAutoscaler n/a is rendered twice: by one and by two"
    ):
        component(
            thing("HorizontalPodAutoscaler", "a", "n", "autoscaling/v2", source="one"),
            thing("HorizontalPodAutoscaler", "a", "n", api, source="two"),
        )


def test_a_name_as_long_as_kubernetes_takes_is_a_file() -> None:
    (name,) = component(thing("CustomResourceDefinition", "a" * 253)).files
    assert len(name) < 255

"""The workload chart, by example: see rendering.py for how."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from charts.rendering import CLUSTER_WIDE, Cases, differences
from penstock.core import yaml

CASES = Cases("workload", "shop", "town")


@pytest.mark.parametrize("lesson", CASES.lessons)
def test_lesson(lesson: str, helm: str) -> None:
    """Every object is as expected, and there is no other; the ServiceAccount, which always comes, may go unsaid."""
    actual, expected = CASES.objects(helm, CASES.values(lesson)), CASES.expected(lesson)
    assert actual.keys() == expected.keys() | {"ServiceAccount/shop"}
    assert [line for name in expected for line in differences(expected[name], actual[name], name)] == []


@pytest.mark.parametrize("mistake", CASES.mistakes)
def test_mistake(mistake: str, helm: str) -> None:
    """The chart refuses it and says where and why."""
    rendered = CASES.template(helm, CASES.values(f"refused/{mistake}"))
    assert rendered.returncode != 0
    assert (CASES.folder / "refused" / mistake / "message.txt").read_text().strip() in rendered.stderr


@pytest.mark.parametrize("lesson", CASES.lessons)
def test_every_object_says_where_it_belongs(lesson: str, helm: str) -> None:
    """What Flux applies has no release namespace to fall back on."""
    for name, document in CASES.objects(helm, CASES.values(lesson)).items():
        expected = None if document["kind"] in CLUSTER_WIDE else "town"
        assert document["metadata"].get("namespace") == expected, name


def test_a_changed_file_rolls_the_pods(helm: str, tmp_path: Path) -> None:
    """A pod that goes on with its old configuration is the mistake nobody finds."""
    checksums = set()
    for content in ("a: 1", "a: 2"):
        values = tmp_path / "values.yaml"
        values.write_text(yaml.dump({"configMaps": {"shop": {"shop.yaml": content}}}))
        deployment = CASES.objects(helm, values)["Deployment/shop"]
        checksums.add(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"])
    assert len(checksums) == 2


def test_nothing_else_rolls_the_pods(helm: str, tmp_path: Path) -> None:
    """A new version of the chart, another number of replicas: neither may restart a pod."""
    newer = shutil.copytree(CASES.source, tmp_path / "workload")
    (newer / "Chart.yaml").write_text((newer / "Chart.yaml").read_text().replace("version: ", "version: 9"))
    values = tmp_path / "values.yaml"
    values.write_text(yaml.dump({"spec": {"replicas": 5}, "configMaps": {"shop": {"a": "b"}}}))
    before = tmp_path / "before.yaml"
    before.write_text(yaml.dump({"configMaps": {"shop": {"a": "b"}}}))
    old = CASES.objects(helm, before)["Deployment/shop"]
    new = CASES.objects(helm, values, chart=newer)["Deployment/shop"]
    assert new["spec"]["replicas"] == 5
    assert new["spec"]["template"] == old["spec"]["template"]


@pytest.mark.parametrize("lesson", CASES.lessons)
def test_two_renders_are_the_same_bytes(lesson: str, helm: str) -> None:
    """Nothing random, nothing of the day."""
    values = CASES.values(lesson)
    assert CASES.template(helm, values).stdout == CASES.template(helm, values).stdout

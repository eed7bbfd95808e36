"""The workload chart, by example.

Each folder of workload/ is one lesson: values.yaml is what somebody writes (over base.yaml), expected.yaml what comes
of it. Each folder of workload/refused/ is a mistake: values.yaml makes it, message.txt is what the chart says.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "charts" / "workload"
CASES = Path(__file__).parent / "workload"
BASE = CASES / "base.yaml"
LESSONS = sorted(path.parent.name for path in CASES.glob("*/expected.yaml"))
MISTAKES = sorted(path.parent.name for path in CASES.glob("refused/*/message.txt"))
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding"}


def template(helm: str, *values: Path, chart: Path = CHART) -> subprocess.CompletedProcess[str]:
    """`helm template` of release shop in namespace town, over base.yaml."""
    argv = [helm, "template", "shop", str(chart), "--namespace", "town"]
    for path in (BASE, *values):
        argv += ["--values", str(path)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def objects(rendered: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """Kind/name to object."""
    assert rendered.returncode == 0, rendered.stderr
    documents = [document for document in yaml.safe_load_all(rendered.stdout) if document]
    found = {f"{document['kind']}/{document['metadata']['name']}": document for document in documents}
    assert len(found) == len(documents), "two objects of one name"
    return found


def differences(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Where `actual` isn't as expected. A mapping may hold more, a list may not; null stands for no such key."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = []
        for key, value in expected.items():
            here = f"{path}/{key}"
            if value is None:
                found += [f"{here}: there, and should not be"] if key in actual else []
            elif key not in actual:
                found += [f"{here}: missing"]
            else:
                found += differences(value, actual[key], here)
        return found
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for i, pair in enumerate(zip(expected, actual, strict=True))
            for line in differences(*pair, f"{path}/{i}")
        ]
    return [] if expected == actual else [f"{path}: {actual!r}, expected {expected!r}"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson(lesson: str, helm: str) -> None:
    """Every object is as expected, and there is no other; the ServiceAccount, which always comes, may go unsaid."""
    actual = objects(template(helm, CASES / lesson / "values.yaml"))
    expected = {
        f"{document['kind']}/{document['metadata']['name']}": document
        for document in yaml.safe_load_all((CASES / lesson / "expected.yaml").read_text())
    }
    assert actual.keys() == expected.keys() | {"ServiceAccount/shop"}
    assert [line for name in expected for line in differences(expected[name], actual[name], name)] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(mistake: str, helm: str) -> None:
    """The chart refuses it and says where and why."""
    rendered = template(helm, CASES / "refused" / mistake / "values.yaml")
    assert rendered.returncode != 0
    assert (CASES / "refused" / mistake / "message.txt").read_text().strip() in rendered.stderr


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_object_says_where_it_belongs(lesson: str, helm: str) -> None:
    """What Flux applies has no release namespace to fall back on."""
    for name, document in objects(template(helm, CASES / lesson / "values.yaml")).items():
        expected = None if document["kind"] in CLUSTER_WIDE else "town"
        assert document["metadata"].get("namespace") == expected, name


def test_a_changed_file_rolls_the_pods(helm: str, tmp_path: Path) -> None:
    """A pod that goes on with its old configuration is the mistake nobody finds."""
    checksums = set()
    for content in ("a: 1", "a: 2"):
        values = tmp_path / "values.yaml"
        values.write_text(yaml.safe_dump({"configMaps": {"shop": {"shop.yaml": content}}}))
        deployment = objects(template(helm, values))["Deployment/shop"]
        checksums.add(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"])
    assert len(checksums) == 2


def test_nothing_else_rolls_the_pods(helm: str, tmp_path: Path) -> None:
    """A new version of the chart, another number of replicas: neither may restart a pod."""
    newer = shutil.copytree(CHART, tmp_path / "workload")
    (newer / "Chart.yaml").write_text((newer / "Chart.yaml").read_text().replace("version: ", "version: 9"))
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"spec": {"replicas": 5}, "configMaps": {"shop": {"a": "b"}}}))
    before = tmp_path / "before.yaml"
    before.write_text(yaml.safe_dump({"configMaps": {"shop": {"a": "b"}}}))
    old = objects(template(helm, before))["Deployment/shop"]
    new = objects(template(helm, values, chart=newer))["Deployment/shop"]
    assert new["spec"]["replicas"] == 5
    assert new["spec"]["template"] == old["spec"]["template"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_two_renders_are_the_same_bytes(lesson: str, helm: str) -> None:
    """Nothing random, nothing of the day."""
    values = CASES / lesson / "values.yaml"
    assert template(helm, values).stdout == template(helm, values).stdout

"""One environment of each class is rehearsed, two classes side by side; no cluster and no state is left."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.cluster import temporary
from penstock.cluster.upgrade import rehearse as upgrade
from penstock.core.errors import PenstockError
from penstock.gates.rehearse_upgrade import findings, summary
from penstock.platform.layout import Layout
from penstock.review.model import Review
from penstock.review.rehearsal import Rehearsal
from rehearsal_support import platform

ENVIRONMENTS = ("east", "west", "local")


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """Two environments that differ in their names, and one with a component more; the change is a refused selector."""
    made = platform(tmp_path / "platform", ["selector"])
    head = made.files()
    made.git("checkout", "--quiet", "manifests")
    listed = "".join(f"  {name}: {{}}\n" for name in ENVIRONMENTS)
    made.write("helmfile.yaml", f"environments:\n{listed}helmfiles: []\n")
    for name in ("east", "west"):
        text = f"cluster: {{name: cluster-{name}}}\nkubernetes: {{version: 1.36.2}}\n"
        made.write(f"environments/{name}.yaml", text)
        shutil.copytree(made.tree, made.root / "manifests" / name)
        _rename(made.root / "manifests" / name, name)
    configuration = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: default}\n"
    made.write("manifests/local/selector/configmap-more.yaml", configuration)
    index = made.tree / "selector" / "kustomization.yaml"
    index.write_text(f"{index.read_text()}- configmap-more.yaml\n")
    made.commit("Three environments")
    for name in ENVIRONMENTS:
        (made.root / "manifests" / name / "selector" / "deployment-shop.yaml").write_bytes(
            head["manifests/local/selector/deployment-shop.yaml"]
        )
    monkeypatch.setattr(upgrade, "PATIENCE", 5.0)
    monkeypatch.setattr(temporary, "at_a_time", lambda: 2)
    (tmp_path / "states").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "states"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "states"))
    return made.layout


def _rename(tree: Path, name: str) -> None:
    for path in tree.rglob("*.yaml"):
        path.write_text(path.read_text().replace("manifests/local", f"manifests/{name}"))


def _reviewed(layout: Layout) -> Review:
    return upgrade.reviewed(layout, "HEAD")


def test_one_of_each_class(fleet: Layout, tmp_path: Path, cluster_programs: None) -> None:
    rehearsed = list(upgrade.rehearsals(fleet, _reviewed(fleet), ENVIRONMENTS, "HEAD"))
    assert [(each.environment, each.alike) for each in rehearsed] == [("east", ["west"]), ("local", [])]
    for each in rehearsed:
        (refused,) = findings(each)
        assert "spec.selector: Invalid value" in refused.message
        assert refused.environments == (each.environment, *each.alike)
    assert "; west differs from it only in own values" in summary(rehearsed[0])
    assert list((tmp_path / "states").iterdir()) == []


def test_after_a_failure_no_state_is_left(
    fleet: Layout, tmp_path: Path, cluster_programs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def fails(*_: object) -> None:
        begun.append(len(list((tmp_path / "states").glob("penstock-rehearsal-*/*/state.json"))))
        raise PenstockError("no more", "try again")

    monkeypatch.setattr(upgrade, "_legs", fails)
    with pytest.raises(PenstockError, match="no more"):
        list(upgrade.rehearsals(fleet, _reviewed(fleet), ENVIRONMENTS, "HEAD"))
    assert begun[0] >= 1
    assert list((tmp_path / "states").iterdir()) == []


def test_all_rehearses_each(fleet: Layout, cluster_programs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "_between", lambda _, __, review, each, *___: _only_named(review, each.name))
    layout = replace(fleet, every=True)
    rehearsed = list(upgrade.rehearsals(layout, _reviewed(layout), ENVIRONMENTS, "HEAD"))
    assert [(each.environment, each.alike) for each in rehearsed] == [(name, []) for name in sorted(ENVIRONMENTS)]


def _only_named(review: Review, name: str) -> Rehearsal:
    return Rehearsal(environment=name, base=review.base, head=review.head)

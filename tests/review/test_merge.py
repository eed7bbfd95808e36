"""The reviews of shards make the review of the fleet; what can't be merged is refused."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from penstock.core.errors import PenstockError
from penstock.review.merge import merged
from penstock.review.model import Review
from penstock.review.report import judged
from penstock.review.settings import Settings
from review_support import environment, review
from support import Platform

NAMES = ["k3d", "kind", "production"]


def _write(folder: Path, *reports: Review) -> Path:
    folder.mkdir(exist_ok=True)
    for number, report in enumerate(reports):
        (folder / f"{number}.json").write_bytes(msgspec.json.encode(report, enc_hook=str))
    return folder


def test_the_reviews_of_shards_make_the_review_of_the_fleet(tmp_path: Path) -> None:
    k3d, kind, production = (environment(name) for name in NAMES)
    whole = judged(review(k3d, kind, production), Settings())
    shards = (review(production, k3d), review(kind, k3d))
    found = merged(_write(tmp_path / "reports", *shards), Settings())
    assert msgspec.to_builtins(found) == msgspec.to_builtins(whole)
    # The limits are those of the whole change.
    assert [line for line, _ in found.failures] != []
    assert found.guarded == NAMES


def test_reviews_of_different_changes_are_refused(tmp_path: Path) -> None:
    other = msgspec.structs.replace(review(environment("kind")), base="another")
    folder = _write(tmp_path / "reports", review(environment("k3d")), other)
    with pytest.raises(PenstockError, match=r"1\.json is of another → .*, and 0\.json of main"):
        merged(folder, Settings())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"base": 1}'])
def test_what_is_no_review_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(PenstockError, match=r"a\.json is no report of a review"):
        merged(tmp_path, Settings())


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match=r"has no file \*\.json"):
        merged(tmp_path, Settings())
    with pytest.raises(PenstockError, match="there is no folder"):
        merged(tmp_path / "none", Settings())


@pytest.mark.integration
def test_an_environment_that_is_no_longer_listed_is_in_every_share(good: Platform) -> None:
    good.git("init", "--quiet", "--initial-branch=main")
    for name in ("local", "gone"):
        good.write(f"manifests/{name}/shop/configmap-c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    good.commit("Start")
    good.git("switch", "--quiet", "--create", "change")
    good.git("rm", "-r", "--quiet", "manifests/gone")
    good.commit("Remove it")
    for number in (1, 2):
        found = json.loads(good.run("review", "--shard", f"{number}/2", "--format", "json").stdout)
        names = [each["name"] for each in found["environments"]]
        assert names == (["gone", "local"] if number == 1 else ["gone"])

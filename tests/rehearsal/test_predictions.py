"""The rehearsal reports each prediction of the review that didn't come true."""

from __future__ import annotations

import pytest

from penstock.cluster.upgrade.live import Live, Pods
from penstock.cluster.upgrade.predictions import disproved
from penstock.review.model import Change, Effect, Environment
from penstock.review.rehearsal import Passage, Refusal

SHOP = "apps/Deployment/town/shop"
NAME = "Deployment town/shop"


def review(*effects: str, what: str = "changed", component: str = "shop") -> Environment:
    change = Change(
        what=what,  # type: ignore[arg-type]
        object=SHOP,
        name=NAME,
        component=component,
        file="manifests/local/shop/deployment-shop.yaml",
        effects=[Effect(effect, "") for effect in effects],
    )
    return Environment(name="local", changes=[change])


def passage(**fields: object) -> Passage:
    return Passage(leg="head", ready=True, seconds=1, **fields)  # type: ignore[arg-type]


FAILED = [Refusal(component="shop", message="no")]


@pytest.mark.parametrize(
    ("predicted", "actual", "line"),
    [
        (["rolled"], passage(rolled=[SHOP]), None),
        (["rolled"], passage(), f"{NAME}: predicted as rolled, but it wasn't"),
        ([], passage(rolled=[SHOP]), f"{NAME}: rolled, which wasn't predicted"),
        (["pruned"], passage(pruned=[SHOP]), None),
        (["pruned"], passage(), f"{NAME}: predicted as pruned, but it wasn't"),
        ([], passage(pruned=[SHOP]), f"{NAME}: pruned, which wasn't predicted"),
        (["recreated"], passage(recreated=[SHOP]), None),
        (["recreated"], passage(), f"{NAME}: predicted as recreated, but it has the same uid"),
        ([], passage(recreated=[SHOP]), f"{NAME}: recreated, which wasn't predicted"),
        (["moved"], passage(recreated=[SHOP]), None),
        (["moved"], passage(), None),
        (["refused"], passage(refusals=FAILED), None),
        (["refused"], passage(), f"{NAME}: predicted as refused, but the API server accepted it"),
        ([], passage(refusals=FAILED), "shop: not predicted to fail, but it did"),
        # How much of a quota is used, files can't tell.
        ([], passage(refusals=[Refusal(component="shop", message="is forbidden: exceeded quota: small")]), None),
        # What a failed component's objects would have done is unknown.
        (["refused", "rolled"], passage(refusals=FAILED), None),
    ],
)
def test_a_prediction(predicted: list[str], actual: Passage, line: str | None) -> None:
    assert disproved(review(*predicted), Live({SHOP: "1"}), actual) == ([line] if line else [])


def test_an_object_that_the_base_lacks_proves_nothing() -> None:
    assert disproved(review("rolled"), Live(), passage()) == []


def test_pods_of_another_template_mean_that_a_workload_was_rolled() -> None:
    before = Live({SHOP: "1"}, {SHOP: Pods({"old": "2026-01-01T00:00:00Z"})})
    after = Live({SHOP: "1"}, {SHOP: Pods({"new": "2026-01-01T00:01:00Z"})})
    assert after.rolled(before) == [SHOP]
    assert before.rolled(before) == []


def test_pods_of_a_recreated_workload_were_not_rolled() -> None:
    before = Live({SHOP: "1"}, {SHOP: Pods({"old": "2026-01-01T00:00:00Z"})})
    after = Live({SHOP: "2"}, {SHOP: Pods({"new": "2026-01-01T00:01:00Z"})})
    assert after.rolled(before) == []
    assert after.recreated(before) == [SHOP]


def test_what_is_being_deleted_counts_as_deleted() -> None:
    before = Live({SHOP: "1"})
    assert Live({SHOP: "1"}, leaving=frozenset({SHOP})).pruned(before) == [SHOP]

"""What is equal in some environments is said once, with their names."""

from __future__ import annotations

from penstock.review import groups
from penstock.review.model import Environment
from review_support import CLAIM, CONFIG, DEPLOYMENT, environment, review, risk


def test_equal_changes_are_one_and_name_their_environments() -> None:
    found = {same.one.object: same.environments for same in groups.changes(review())}
    assert found == {
        CLAIM: ("k3d", "kind"),
        CONFIG: ("k3d", "kind", "production"),
        DEPLOYMENT: ("k3d", "kind", "production"),
        "/Service/town/shop": ("production",),
    }


def test_another_value_is_another_change() -> None:
    first, other = environment("a"), environment("b")
    other.changes[0].fields[0] = first.changes[0].fields[0].__class__(path="spec.replicas", old=3, new=0)
    found = [same.environments for same in groups.changes(review(first, other)) if same.one.object == DEPLOYMENT]
    assert found == [("a",), ("b",)]


def test_risks_are_ordered_by_severity() -> None:
    low = environment("a", risks=[risk(CONFIG, "a", severity="low", risk="blocked"), risk(DEPLOYMENT, "a")])
    found = groups.risks(review(low, environment("b", risks=[risk(DEPLOYMENT, "b")])))
    assert [(same.one.severity, same.environments) for same in found] == [("high", ("a", "b")), ("low", ("a",))]


def test_environments_with_the_same_changes_are_one_line() -> None:
    quiet = [Environment(name=f"shop-{number}") for number in range(300)]
    found = groups.environments(review(environment("k3d"), *quiet, environment("kind")))
    assert [(same.one.name, len(same.environments)) for same in found] == [("k3d", 2), ("shop-0", 300)]
    noted = Environment(name="noted", notes=["stale"])
    assert len(groups.environments(review(quiet[0], noted))) == 2


def test_deletions_and_components() -> None:
    assert [same.environments for same in groups.prunes(review())] == [("k3d", "kind")]
    [first, other] = groups.components(review())
    assert (first.environments, first.one[1]) == (("k3d", "kind"), ["database", "shop"])
    assert (other.environments, other.one[1]) == (("production",), ["shop"])

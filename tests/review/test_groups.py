"""What is equal in some environments is said once, with their names."""

from __future__ import annotations

from penstock.review import groups
from penstock.review.model import Environment, FieldChange
from review_support import CLAIM, CONFIG, DEPLOYMENT, change, environment, review, risk


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


def test_environments_with_the_same_numbers_are_one_line() -> None:
    quiet = [Environment(name=f"shop-{number}") for number in range(300)]
    found = groups.totals(review(environment("k3d"), *quiet, environment("kind")))
    assert [(same.one.name, len(same.environments)) for same in found] == [("k3d", 2), ("shop-0", 300)]


def test_all_that_happens_is_in_one_group_by_its_environments() -> None:
    first, second, third = groups.groups(review())
    assert first.environments == ["k3d", "kind", "production"]
    assert [change.object for change in first.changes] == [CONFIG, DEPLOYMENT]
    assert ([risk.object for risk in first.risks], first.prunes) == ([DEPLOYMENT], [])
    assert second.environments == ["k3d", "kind"]
    assert ([change.object for change in second.changes], len(second.prunes)) == ([CLAIM], 1)
    assert (third.environments, [change.what for change in third.changes]) == (["production"], ["added"])


def test_the_same_in_998_environments_and_different_in_two() -> None:
    many = [environment(f"shop-{number:03}") for number in range(998)]
    odd = [environment(f"production-ap-{number}", notes=["slow"]) for number in (1, 2)]
    for each in odd:
        each.changes[0] = change(DEPLOYMENT, each.name, fields=[FieldChange(path="spec.replicas", old=3, new=0)])
    shared, common, different = groups.groups(review(*odd, *many))
    assert (len(shared.environments), len(common.environments)) == (1000, 998)
    assert [one.object for one in common.changes] == [DEPLOYMENT]
    assert different.environments == ["production-ap-1", "production-ap-2"]
    assert ([one.object for one in different.changes], different.notes) == ([DEPLOYMENT], ["slow"])


def test_only_the_path_of_an_environment_of_its_own_is_left_out_of_the_comparison() -> None:
    texts = [("a", "manifests/a is stale"), ("b", "manifests/b is stale"), ("c", "manifests/a is stale")]
    assert [each.environments for each in groups.same(texts)] == [("a", "b"), ("c",)]
    assert [each.environments for each in groups.same([("a", "a b"), ("b", "b b")])] == [("a",), ("b",)]


def test_deletions_and_components() -> None:
    assert [same.environments for same in groups.prunes(review())] == [("k3d", "kind")]
    [first, other] = groups.components(review())
    assert (first.environments, first.one[1]) == (("k3d", "kind"), ["database", "shop"])
    assert (other.environments, other.one[1]) == (("production",), ["shop"])

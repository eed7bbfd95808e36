"""The graph: boxes in layers that don't overlap, and lines from left to right."""

from __future__ import annotations

from itertools import combinations

from penstock.review.model import Component
from penstock.review.page.graph import Graph, graph
from review_support import environment


def boxes(found: Graph) -> dict[str, tuple[float, float, str]]:
    return {node.name: (node.x, node.y, node.state) for node in found.nodes}


def test_what_is_applied_first_is_on_the_left() -> None:
    found = graph(environment("k3d").components, frozenset({"shop", "database"}))
    at = boxes(found)
    assert at["namespaces"][0] < at["database"][0] < at["shop"][0] < at["router"][0]
    assert {name: state for name, (_, _, state) in at.items()} == {
        "namespaces": "beside",
        "database": "changed",
        "shop": "changed",
        "router": "touched",
    }
    assert sorted(line.kind for line in found.lines) == ["order", "order", "order", "order", "uses"]


def test_no_box_overlaps_another_or_leaves_the_picture() -> None:
    many = [Component(name=f"c{number}", depends_on=[f"c{number // 3}"] if number else []) for number in range(60)]
    found = graph(many, frozenset())
    assert len(found.nodes) == 60
    for one, other in combinations(found.nodes, 2):
        assert (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        ), (one, other)
    for node in found.nodes:
        assert node.x >= 0
        assert node.x + node.width <= found.width
        assert 0 <= node.y <= found.height - node.height


def test_a_cycle_and_a_dependency_that_is_not_there() -> None:
    found = graph(
        [Component(name="a", depends_on=["b"]), Component(name="b", depends_on=["a", "gone"])], frozenset({"a"})
    )
    at = boxes(found)
    assert at["a"][0] == at["b"][0]
    assert len(found.lines) == 2

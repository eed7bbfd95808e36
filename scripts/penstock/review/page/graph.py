"""The graph of the components around a change, laid out in layers: what is applied first stands on the left.

All lengths are units of the SVG.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.review.model import Component

_HEIGHT, _GAP, _BETWEEN, _MARGIN = 32, 14, 72, 10
_LETTER, _PADDING = 7.6, 34
_SWEEPS = 4


@dataclass(frozen=True)
class Node:
    """A component as a box. `state` is changed, touched or beside; `depends_on` and `uses` are for the list."""

    name: str
    state: str
    x: float
    y: float
    width: float
    depends_on: tuple[str, ...]
    uses: tuple[str, ...]
    height: float = _HEIGHT


@dataclass(frozen=True)
class Line:
    """A curve from a component to one that waits for it (`kind` is order), or that uses its objects (uses)."""

    kind: str
    path: str


@dataclass(frozen=True)
class Graph:
    """The boxes and curves, and the size of the picture."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def graph(components: list[Component], changed: frozenset[str]) -> Graph:
    """Return the graph; components in a cycle of dependencies stand in one layer."""
    before = {each.name: {*each.depends_on, *each.uses} - {each.name} for each in components}
    layers = _ordered(_layers(before), before)
    columns = [max(_LETTER * len(name) + _PADDING for name in layer) for layer in layers]
    tall = max(len(layer) for layer in layers) * (_HEIGHT + _GAP) - _GAP
    by_name = {each.name: each for each in components}
    nodes: dict[str, Node] = {}
    x = float(_MARGIN)
    for layer, width in zip(layers, columns, strict=True):
        y = _MARGIN + (tall - len(layer) * (_HEIGHT + _GAP) + _GAP) / 2
        for name in layer:
            one = by_name[name]
            state = "changed" if name in changed else "touched" if one.uses else "beside"
            nodes[name] = Node(name, state, x, y, width, tuple(one.depends_on), tuple(one.uses))
            y += _HEIGHT + _GAP
        x += width + _BETWEEN
    lines = [
        Line("order", _curve(nodes[one], nodes[each.name]))
        for each in components
        for one in each.depends_on
        if one in nodes and one not in each.uses
    ]
    lines += [Line("uses", _curve(nodes[one], nodes[each.name])) for each in components for one in each.uses]
    return Graph(tuple(nodes.values()), tuple(lines), x - _BETWEEN + _MARGIN, tall + 2 * _MARGIN)


def _layers(before: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the names by the longest way to them."""
    left = {name: {one for one in needed if one in before} for name, needed in before.items()}
    layers: list[list[str]] = []
    while left:
        # A cycle has no first component: all that is left stands in one layer.
        layer = sorted(name for name, needed in left.items() if not needed & left.keys()) or sorted(left)
        layers.append(layer)
        left = {name: needed for name, needed in left.items() if name not in layer}
    return layers


def _ordered(layers: list[list[str]], before: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the layers with each name near the mean of its neighbours, which keeps crossings few."""
    near = {name: {one for one in needed if one in before} for name, needed in before.items()}
    for name, needed in before.items():
        for one in needed & before.keys():
            near[one] = near[one] | {name}
    for _ in range(_SWEEPS):
        place = {name: (number + 0.5) / len(layer) for layer in layers for number, name in enumerate(layer)}
        for number, layer in enumerate(layers):
            mean = {n: sum(place[one] for one in near[n]) / len(near[n]) if near[n] else place[n] for n in layer}
            layers[number] = sorted(layer, key=lambda name: (mean[name], name))
            place |= {name: (at + 0.5) / len(layer) for at, name in enumerate(layers[number])}
    return layers


def _curve(start: Node, end: Node) -> str:
    """Return the path of an SVG from the right side of a box to the left side of another."""
    x1, y1 = start.x + start.width, start.y + start.height / 2
    x2, y2 = end.x, end.y + end.height / 2
    if x2 <= x1:  # the same layer, in a cycle
        return f"M{x1:.0f} {y1:.0f}C{x1 + 40:.0f} {y1:.0f} {x1 + 40:.0f} {y2:.0f} {end.x + end.width:.0f} {y2:.0f}"
    bend = (x2 - x1) / 2
    return f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"

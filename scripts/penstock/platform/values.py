"""The merged values of an environment, each with the file and line that it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import yaml

from penstock.core.errors import PenstockError
from penstock.core.yaml import compose
from penstock.platform import environments, lineage
from penstock.platform.layout import SCHEMA_NAME, Layout

Path = tuple[str, ...]
# In the schema of an environment: the value belongs to one cluster, and is not inherited.
OWN = "x-own"
# The same, but clusters may share it: a region.
VARIES = "x-varies"
_ENGINES_OWN: list[Path] = [("cluster", "name"), ("cluster", "existing", "server")]


@dataclass(frozen=True)
class Setting:
    """A value that is no mapping, or an empty one, with its path; `file` is relative to the root, `line` from 1."""

    path: Path
    value: Any
    file: str
    line: int

    @property
    def key(self) -> str:
        """The path as text: cilium.apiServer.host."""
        return ".".join(self.path)

    def is_below(self, path: Path) -> bool:
        """Whether a path is the value's, or that of a mapping around it."""
        return self.path[: len(path)] == path


@dataclass(frozen=True)
class _Place:
    """A value in one file; `inside` is None unless it is a mapping."""

    value: Any
    file: str
    line: int
    inside: dict[str, _Place] | None = field(default=None)


def settings(layout: Layout, name: str) -> list[Setting]:
    """Return the merged values of an environment in the order of their files; raises the errors of `layers`."""
    merged = _Place({}, "", 0, {})
    for shown, layer in environments.layers(layout, name).items():
        merged = _merged(merged, _places(layer, compose((layout.root / shown).read_bytes(), shown), shown, 1))
    return list(_leaves(merged, ()))


def own_paths(layout: Layout) -> list[Path]:
    """Return the paths of the values that each environment declares for itself; raises PenstockError if no schema."""
    return [*_ENGINES_OWN, *marked_paths(layout, OWN)]


def marked_paths(layout: Layout, mark: str) -> list[Path]:
    """Return the paths of the values that the platform's schema marks; raises PenstockError if it isn't JSON."""
    return list(_marked(schema(layout), (), mark))


def schema(layout: Layout) -> dict[str, Any]:
    """Return the platform's schema, empty without one; raises PenstockError if it isn't JSON."""
    path = layout.environments / SCHEMA_NAME
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise PenstockError(f"{layout.relative(path)}: not JSON: {error}", "fix the file named above") from None
    return found


def shared(layout: Layout, name: str) -> Iterator[tuple[Setting, str]]:
    """Yield each value that an environment should declare for itself, and the environment that it inherits it from.

    A value of an abstract environment, or of base.yaml, may be shared.
    """
    above = {layout.relative(each.path): each.name for each in lineage.of(layout, name)[:-1] if not each.abstract}
    if above:
        own = own_paths(layout)
        for setting in settings(layout, name):
            if setting.file in above and any(setting.is_below(path) for path in own):
                yield setting, above[setting.file]


def _places(value: Any, node: yaml.Node | None, shown: str, line: int) -> _Place:
    if not isinstance(value, dict):
        return _Place(value, shown, line)
    nodes = {str(key.value): (key, item) for key, item in node.value} if isinstance(node, yaml.MappingNode) else {}
    inside = {}
    for key, inner in value.items():
        # A key that a merge key (<<) brings has no node of its own.
        name, item = nodes.get(str(key), (None, None))
        inside[str(key)] = _places(inner, item, shown, name.start_mark.line + 1 if name else line)
    return _Place(value, shown, line, inside)


def _merged(under: _Place, over: _Place) -> _Place:
    """As environments.merged does."""
    if under.inside is None or over.inside is None:
        return over
    inside = dict(under.inside)
    for key, place in over.inside.items():
        inside[key] = _merged(inside[key], place) if key in inside else place
    return _Place({}, over.file, over.line, inside)


def _leaves(place: _Place, path: Path) -> Iterator[Setting]:
    if not place.inside:
        yield Setting(path, place.value, place.file, place.line)
    for key, inner in (place.inside or {}).items():
        yield from _leaves(inner, (*path, key))


def _marked(node: dict[str, Any], path: Path, mark: str) -> Iterator[Path]:
    for key, inner in node.get("properties", {}).items():
        if inner.get(mark):
            yield (*path, key)
        else:
            yield from _marked(inner, (*path, key), mark)

"""The differences between an upstream chart's objects and those of a component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from penstock.kube.facts import facts
from penstock.kube.objects import Object
from penstock.platform.upstream import Accepted

_LENGTH = 90


@dataclass(frozen=True)
class Difference:
    """A fact that differs; a side that lacks it has None. The path of a whole object is empty."""

    object: str
    path: str
    upstream: str | None
    ours: str | None

    @property
    def key(self) -> str:
        """What an accepted difference is matched with: `DaemonSet/beyla containers.args.--config`."""
        return f"{self.object} {self.path}".strip()

    def matches(self, pattern: str) -> bool:
        """Whether a pattern is for this difference: for its key, or for `KEY=VALUE` with our value or `nothing`."""
        value = "nothing" if self.ours is None else self.ours
        return fnmatchcase(self.key, pattern) or fnmatchcase(f"{self.key}={value}", pattern)

    def __str__(self) -> str:
        """The difference as one line."""
        if not self.path:
            return f"{self.object}: {'not here, but upstream' if self.ours is None else 'only here'}"
        return f"{self.key}: upstream {_short(self.upstream)}, here {_short(self.ours)}"


def differences(
    upstream: Sequence[Object], ours: Sequence[Object], names: Mapping[str, str], paths: Mapping[str, str]
) -> Iterator[Difference]:
    """Yield the differences in order; `names` maps `KIND/NAME` upstream to the name here, `paths` starts of paths."""
    here = {_key(item): item for item in ours}
    there = {_renamed(_key(item), names): item for item in upstream}
    for key in sorted(there.keys() | here.keys()):
        if key not in here or key not in there:
            yield Difference(key, "", "" if key in there else None, "" if key in here else None)
            continue
        theirs = {_moved(path, paths): value for path, value in facts(there[key].content).items()}
        own = facts(here[key].content)
        for path in sorted(theirs.keys() | own.keys()):
            if theirs.get(path) != own.get(path):
                yield Difference(key, path, theirs.get(path), own.get(path))


def unused_names(upstream: Sequence[Object], names: Mapping[str, str], paths: Mapping[str, str]) -> Iterator[str]:
    """Yield the entries of `objects` and `paths` that no object of the chart has."""
    there = {_key(item) for item in upstream}
    yield from (f"objects: `{key}` isn't in the chart" for key in names if key not in there)
    known = {path for item in upstream for path in facts(item.content)}
    for start in paths:
        if not any(path == start or path.startswith(f"{start}.") for path in known):
            yield f"paths: `{start}` isn't in the chart"


def explained(found: Sequence[Difference], accepted: Accepted) -> tuple[list[Difference], set[str]]:
    """Return the differences that no pattern accepts, and the patterns that accept one."""
    used: set[str] = set()
    rest = []
    for each in found:
        patterns = [pattern for pattern in accepted if each.matches(pattern)]
        used.update(patterns)
        if not patterns:
            rest.append(each)
    return rest, used


def _key(item: Object) -> str:
    return f"{item.ref.kind}/{item.name}"


def _renamed(key: str, names: Mapping[str, str]) -> str:
    return f"{key.partition('/')[0]}/{names[key]}" if key in names else key


def _moved(path: str, paths: Mapping[str, str]) -> str:
    start = next((start for start in paths if path == start or path.startswith(f"{start}.")), "")
    return f"{paths[start]}{path.removeprefix(start)}" if start else path


def _short(value: str | None) -> str:
    if value is None:
        return "nothing"
    text = " ".join(value.split())
    return f"`{text}`" if len(text) <= _LENGTH else f"`{text[: _LENGTH - 1]}…`"

"""The environments of a platform: their names, and the settings that the engine reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.files import content, entries
from penstock.core.model import Strict, convert
from penstock.core.nearest import did_you_mean
from penstock.core.once import once
from penstock.core.yaml import parse
from penstock.platform import lineage
from penstock.platform.cluster import Cluster
from penstock.platform.destination import Destination
from penstock.platform.layout import Layout
from penstock.platform.lineage import EnvironmentFile

Values = dict[str, Any]
"""The settings of an environment, as helmfile passes them to templates."""
Wanted = str | Sequence[str] | None
"""Environments to choose: a name or pattern, several, or all for None and an empty list."""
_DEFAULT = "k3d"
_PATTERN = re.compile(r"[*?\[]")
_TREE = re.compile(r"\bmanifests/([\w.-]*\w)")
# A message names this many environments; of more than one above that, it counts the rest.
_MOST_NAMED = 3
# All other keys of an environment's file belong to the platform.
ENGINE_KEYS = ("cluster", "kubernetes", "manifests", "sources")
# In `sources`: not pinned.
WORKING_TREE = "working-tree"
# `sources`, but not `resources`: a file without it needs no parser. The same for `manifests`.
_SOURCES = re.compile(rb"(?<![A-Za-z])sources\b")
_MANIFESTS = re.compile(rb"\bmanifests[\"']?\s*:")
Revision = Annotated[str, msgspec.Meta(min_length=1)]


class Kubernetes(Strict, frozen=True, rename="camel"):
    """The target of charts: a version such as 1.35.5, and `api_versions` in addition to Kubernetes' own."""

    version: str
    api_versions: list[str] = []


class Pins(Strict, frozen=True):
    """The revisions of Git that components are rendered from: a tag, a full commit, or `working-tree`."""

    revision: Annotated[Revision, msgspec.Meta(description="of all components that `components` doesn't name")] = (
        WORKING_TREE
    )
    components: Annotated[
        dict[str, Revision], msgspec.Meta(description="of single components; `working-tree` unpins one")
    ] = {}

    def of(self, component: str) -> str:
        """The revision that a component is pinned to; empty if it is rendered from the working tree."""
        found = self.components.get(component, self.revision)
        return "" if found == WORKING_TREE else found


class Environment(Strict, frozen=True):
    """An environment. Other keys of its file belong to the platform, and are passed to helmfile."""

    name: str
    cluster: Cluster
    kubernetes: Kubernetes
    sources: Pins = Pins()
    manifests: Destination = Destination()


class _Sub(Strict, frozen=True):
    path: str


class _Helmfile(Strict, frozen=True):
    environments: dict[str, Any]
    helmfiles: list[_Sub]


def names(layout: Layout) -> list[str]:
    """The environments that helmfile.yaml lists, sorted."""
    return list(_listed(layout.helmfile.read_bytes(), layout.relative(layout.helmfile)))


def chosen(layout: Layout) -> list[str]:
    """The environments to which a gate is limited, sorted: by default all."""
    return names(layout) if layout.limits is None else sorted(limit.environment for limit in layout.limits)


def known(layout: Layout) -> list[str]:
    """The environments that an entry may name: those that helmfile.yaml lists, and those that they extend."""
    listed = names(layout)
    return sorted([*listed, *lineage.extended(layout, listed)])


# Cached: the list is read for each environment, and may be long.
@lru_cache(maxsize=8)
def _listed(text: bytes, shown: str) -> tuple[str, ...]:
    return tuple(sorted(convert(parse(text, shown), _Helmfile, shown, {shown: text}).environments))


def pick(layout: Layout, wanted: Wanted) -> list[str]:
    """The environments that one of the names or patterns (`production-*`) means, sorted; all if nothing is wanted.

    Raises PenstockError, with the nearest name, for a name or pattern without an environment.
    """
    listed = names(layout)
    patterns = [each for each in ([wanted] if isinstance(wanted, str) else wanted or []) if each]
    missing = [pattern for pattern in patterns if not matching(listed, pattern)]
    if missing:
        raise _unknown(layout, missing[0], listed)
    found = {name for pattern in patterns for name in matching(listed, pattern)}
    return sorted(found) if patterns else listed


def matching(known: Iterable[str], pattern: str) -> list[str]:
    """The names that a name or pattern of the shell means."""
    return [name for name in known if fnmatchcase(name, pattern)]


def _unknown(layout: Layout, name: str, listed: list[str]) -> PenstockError:
    found = lineage.file(layout, name)
    if found and found.abstract:
        return PenstockError(
            f"the environment `{name}` is abstract: it has no manifests and no cluster",
            f"use -e with one that extends it: {', '.join(_heirs(layout, name)) or 'there is none yet'}",
        )
    what = "no environment matches" if _PATTERN.search(name) else "unknown environment"
    return PenstockError(
        f"{what} `{name}`: helmfile.yaml has {', '.join(listed)}",
        did_you_mean(name, listed, f"use -e with one of {', '.join(listed)}"),
    )


def one(layout: Layout, name: str) -> str:
    """The environment of a cluster: `name` if it is set, else k3d if it exists, else the only one.

    Raises PenstockError if that is ambiguous or unknown.
    """
    if name:
        if name not in names(layout):
            if _PATTERN.search(name):
                raise PenstockError(f"`{name}` is a pattern, and one environment is needed", "use -e with its name")
            raise _unknown(layout, name, names(layout))
        return name
    known = names(layout)
    if _DEFAULT in known:
        return _DEFAULT
    if len(known) == 1:
        return known[0]
    raise PenstockError("no environment given, and there are several", f"use -e with one of {', '.join(known)}")


def _heirs(layout: Layout, name: str) -> list[str]:
    return [each for each in names(layout) if name in lineage.names(layout, each)]


def layers(layout: Layout, name: str) -> dict[str, Values]:
    """File path -> values of an environment: base.yaml first, then those it extends, then its own, which wins.

    The paths are relative to the root, and the values without `extends` and `abstract`. Raises PenstockError if a file
    is missing or isn't a mapping, and the errors of `lineage.of`.
    """
    return {shown: dict(_layer(text, shown)) for shown, text in _texts(layout, lineage.of(layout, name)).items()}


def _texts(layout: Layout, files: Sequence[EnvironmentFile]) -> dict[str, bytes]:
    paths = (layout.environments / "base.yaml", *(each.path for each in files))
    found = {layout.relative(path): _text(path) for path in paths}
    return {shown: text for shown, text in found.items() if text is not None}


@once
def _text(path: Path) -> bytes | None:
    return content(path) if path.is_file() else None


# Cached: a fleet's environments extend the same few.
@lru_cache(maxsize=4096)
def _layer(text: bytes, shown: str) -> Values:
    layer = parse(text, shown) or {}
    if not isinstance(layer, dict):
        raise PenstockError(
            f"{shown}: has no keys", "an environment's file is a mapping: `cluster:`, `kubernetes:`, ..."
        )
    if lineage.KEY in layer:
        raise PenstockError(f"{shown}: `{lineage.KEY}` is the key of what `inv hydrate` writes", "use another one")
    late = [key for key in lineage.HEAD_KEYS if key in layer and key not in lineage.head(text, shown)]
    if late:
        raise PenstockError(f"{shown}: `{late[0]}` comes after another key", "make it the first one of the file")
    return {key: value for key, value in layer.items() if key not in lineage.HEAD_KEYS}


def read(layout: Layout, name: str) -> Environment:
    """The engine's settings of an environment: base.yaml, overridden by the files of `lineage.of`."""
    values: Values = {}
    texts = _texts(layout, lineage.of(layout, name))
    for shown, text in texts.items():
        layer = _layer(text, shown)
        values = merged(values, {key: layer[key] for key in ENGINE_KEYS if key in layer})
    where = layout.relative(lineage.lineage(layout, name)[-1].path)
    return convert({"name": name, "cluster": {}, **values}, Environment, where, texts)


def pins(layout: Layout, name: str) -> Pins:
    """The pins of an environment, merged as its values are; raises the errors of `read`."""
    return read(layout, name).sources if _declares(layout, name, _SOURCES) else Pins()


def destination(layout: Layout, name: str) -> Destination | None:
    """The branch of its own that an environment's manifests are committed to; None if they are with their sources."""
    found = read(layout, name).manifests if _declares(layout, name, _MANIFESTS) else Destination()
    return None if found == Destination() else msgspec.structs.replace(found, branch=found.branch or name)


def has_destinations(layout: Layout) -> bool:
    """Whether any file in environments/ may have the key `manifests`: a fleet without it must not pay for it."""
    folder = layout.environments
    return folder.is_dir() and any(
        _MANIFESTS.search(content(entry.path)) for entry in entries(folder) if entry.name.endswith(".yaml")
    )


def place(layout: Layout, name: str) -> str:
    """The folder of an environment's manifests in the repository that Flux reads; empty for all of it."""
    return "" if destination(layout, name) else f"{layout.manifests.name}/{name}"


def _declares(layout: Layout, name: str, key: re.Pattern[bytes]) -> bool:
    """Whether a file of an environment may have a key: the fast check asks for each one, and few have it."""
    own = lineage.of(layout, name) if lineage.file(layout, name) else ()
    return any(map(key.search, _texts(layout, own).values()))


def inherited_pins(layout: Layout, name: str) -> Pins:
    """The pins that an environment would have if its own file set none."""
    values: Values = {}
    for layer in list(layers(layout, name).values())[:-1]:
        values = merged(values, {"sources": layer.get("sources", {})})
    return convert(values.get("sources", {}), Pins, layout.relative(layout.environments))


def cluster(layout: Layout, name: str) -> Cluster:
    """The cluster of an environment; raises PenstockError if its `bootstrap` names an unknown component."""
    settings = read(layout, name).cluster
    for component in settings.bootstrap:
        if component not in (known := _components(layout)):
            raise PenstockError(
                f"environments: cluster.bootstrap names `{component}`, but components/{component} doesn't exist",
                did_you_mean(component, known, "remove it"),
            )
    return settings


@once
def _components(layout: Layout) -> list[str]:
    return sorted(path.name for path in layout.components.iterdir() if path.is_dir())


def merged(under: Values, over: Values) -> Values:
    """The values `under`, overridden by `over` as in helmfile: mappings key by key, other values as a whole."""
    result = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def shown(names: Sequence[str], every: Sequence[str] = ()) -> str:
    """Return environments for a message: a few by name, most of `every` by those that aren't among them."""
    if len(names) <= _MOST_NAMED + 1:
        return ", ".join(names)
    absent = [name for name in every if name not in names]
    if every and not absent:
        return f"all {len(names)} environments"
    if every and len(absent) <= _MOST_NAMED:
        return f"{len(names)} environments, all but {', '.join(absent)}"
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"


def also(others: Sequence[str]) -> str:
    """Return the end of a message about the manifests of one environment that is true of others; empty without any."""
    return f" (also in {shown(others)})" if others else ""


def unnamed(text: str, name: str) -> str:
    """Return a text with `*` for an environment's name in the paths of its manifests, to compare it with another's."""
    return _TREE.sub(lambda found: "manifests/*" if found[1] == name else found[0], text)

"""The environments of a platform: which there are, and what the engine reads of them."""

from __future__ import annotations

from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.model import Strict, convert, load
from penstock.core.nearest import did_you_mean
from penstock.core.yaml import parse
from penstock.platform.cluster import Cluster

_USUAL = "k3d"
# The rest of an environment's file belongs to the platform.
ENGINE_KEYS = ("cluster", "kubernetes")


class Kubernetes(Strict, frozen=True, rename="camel"):
    """What charts are rendered for: a version such as 1.35.5, and APIs beyond Kubernetes' own."""

    version: str
    api_versions: list[str] = []


class Environment(Strict, frozen=True):
    """An environment. The other keys of its file belong to the platform and pass through to helmfile."""

    name: str
    cluster: Cluster
    kubernetes: Kubernetes


class _Sub(Strict, frozen=True):
    path: str


class _Helmfile(Strict, frozen=True):
    environments: dict[str, dict[str, Any]]
    helmfiles: list[_Sub]


def names(layout: Layout) -> list[str]:
    """The environments that helmfile.yaml lists, sorted."""
    listed = load(layout.helmfile, _Helmfile, layout.relative(layout.helmfile))
    return sorted(listed.environments)


def pick(layout: Layout, wanted: str | None) -> list[str]:
    """The wanted environment, or all of them; PenstockError with the nearest name when there is no such one."""
    known = names(layout)
    if wanted is None:
        return known
    if wanted not in known:
        raise PenstockError(
            f"unknown environment `{wanted}`: helmfile.yaml has {', '.join(known)}",
            did_you_mean(wanted, known, f"use -e with one of {', '.join(known)}"),
        )
    return [wanted]


def one(layout: Layout, wanted: str) -> str:
    """The environment that a cluster is for: the wanted one, else k3d where there is one, else the only one."""
    if wanted:
        return pick(layout, wanted)[0]
    known = names(layout)
    if _USUAL in known:
        return _USUAL
    if len(known) == 1:
        return known[0]
    raise PenstockError("which environment?", f"give -e with one of {', '.join(known)}")


def layers(layout: Layout, name: str) -> dict[str, dict[str, Any]]:
    """The values of an environment by file, as people see its path: base.yaml first, then <name>.yaml, which wins."""
    path = layout.environments / f"{name}.yaml"
    if not path.is_file():
        raise PenstockError(f"{layout.relative(path)} is missing, but helmfile.yaml lists `{name}`", "write the file")
    found = {}
    for file in (layout.environments / "base.yaml", path):
        if file.is_file():
            shown = layout.relative(file)
            layer = parse(file.read_bytes(), shown) or {}
            if not isinstance(layer, dict):
                raise PenstockError(
                    f"{shown}: holds no keys", "an environment's file is a mapping: `cluster:`, `kubernetes:`, ..."
                )
            found[shown] = layer
    return found


def read(layout: Layout, name: str) -> Environment:
    """What the engine needs of an environment: base.yaml with <name>.yaml over it."""
    values: dict[str, Any] = {}
    texts: dict[str, bytes] = {}
    for shown, layer in layers(layout, name).items():
        texts[shown] = (layout.root / shown).read_bytes()
        values = merged(values, {key: layer[key] for key in ENGINE_KEYS if key in layer})
    where = layout.relative(layout.environments / f"{name}.yaml")
    return convert({"name": name, "cluster": {}, **values}, Environment, where, texts)


def cluster(layout: Layout, name: str) -> Cluster:
    """The cluster of an environment; PenstockError when it is bootstrapped with a component that isn't there."""
    found = read(layout, name).cluster
    known = sorted(path.name for path in layout.components.iterdir() if path.is_dir())
    for component in found.bootstrap:
        if component not in known:
            raise PenstockError(
                f"environments: cluster.bootstrap names `{component}`, and there is no components/{component}",
                did_you_mean(component, known, "take it out"),
            )
    return found


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values with others over them, as helmfile merges: mappings key by key, all else whole."""
    result = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result

"""How a component relates to its upstream chart: components/<name>/upstream.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import Strict, load
from penstock.platform.environments import merged
from penstock.platform.layout import UPSTREAM_NAME, Layout

Reason = Annotated[str, msgspec.Meta(min_length=10)]
Accepted = dict[str, Reason]
"""`KIND/NAME PATH`, with the wildcards of a shell -> why this difference is right."""


class Upstream(Strict, frozen=True, kw_only=True):
    """The contents of upstream.yaml.

    `chart` is a source (`oci://host/path/name`), `version` an exact one, and `digest` that of its archive, if known.
    `releases` are the values of each release of the chart. `environments` are those whose manifests are compared, with
    the values that differ there, by release. Where names differ, `objects` maps `KIND/NAME` there to the name here, and
    `paths` the beginning of a path.
    """

    chart: str
    version: str
    digest: str = ""
    releases: dict[str, dict[str, Any]]
    environments: Annotated[dict[str, dict[str, dict[str, Any]]], msgspec.Meta(min_length=1)]
    objects: dict[str, str] = {}
    paths: dict[str, str] = {}
    accepted: Accepted = {}

    @property
    def name(self) -> str:
        """The chart's name."""
        return self.chart.rpartition("/")[2]

    def values(self, environment: str) -> dict[str, dict[str, Any]]:
        """Return the values of each release in an environment."""
        return merged(self.releases, self.environments[environment])


class _Everywhere(Strict, frozen=True):
    accepted: Accepted


def upstreams(layout: Layout) -> dict[str, Upstream]:
    """Map the components with an upstream.yaml to its contents; raises PenstockError if one is invalid."""
    paths = sorted(layout.components.glob(f"*/{UPSTREAM_NAME}"))
    return {path.parent.name: load(path, Upstream, layout.relative(path)) for path in paths}


def everywhere(layout: Layout) -> Accepted:
    """Return the differences that are accepted for all components: those in upstream.yaml at the platform's root."""
    path = layout.root / UPSTREAM_NAME
    return load(path, _Everywhere, layout.relative(path)).accepted if path.is_file() else {}


def chart_in(folder: Path, upstream: Upstream) -> Path:
    """Return the chart in a folder: NAME/ or NAME-VERSION.tgz; raises PenstockError if it lacks that version."""
    archive, unpacked = folder / f"{upstream.name}-{upstream.version}.tgz", folder / upstream.name
    if archive.is_file():
        return archive
    wanted = f"{upstream.name} {upstream.version}"
    if not (unpacked / "Chart.yaml").is_file():
        raise PenstockError(f"{folder} lacks the chart {wanted}", f"put {archive.name} or {upstream.name}/ there")
    found = load(unpacked / "Chart.yaml", _Chart).version
    if found != upstream.version:
        raise PenstockError(
            f"{unpacked}: version {found}, and {wanted} is compared", f"put {archive.name} there, or that version"
        )
    return unpacked


class _Chart(msgspec.Struct, frozen=True):
    version: str

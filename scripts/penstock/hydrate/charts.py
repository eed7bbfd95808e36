"""Upstream charts, pulled once, recorded in charts.lock, and then read from the cache with the same digest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import file_sha256, sha256, write_atomically, writing
from penstock.hydrate import charts_lock
from penstock.platform.layout import Layout, cache_home
from penstock.tools import helm

# An exact version in Helm's syntax; anything else is a range, which may resolve to another chart any day.
_EXACT = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_SOURCE = re.compile(r"(oci|https?)://[\w.-]+(:\d+)?(/[\w~][\w.~+-]*)+")
_HOWTO = "docs/how-to/add-an-upstream-chart.md shows how an upstream chart is named"


@dataclass(frozen=True)
class Archive:
    """An upstream chart: its source with its version (`oci://example.org/charts/echo@1.2.3`), and its archive."""

    chart: str
    path: str


class Charts:
    """The upstream charts of one run.

    `digests` maps charts to digests. Only a run that `may_lock` accepts a chart that isn't in charts.lock.
    """

    def __init__(self, layout: Layout, may_lock: bool) -> None:
        self.layout = layout
        self.may_lock = may_lock
        self.locked = charts_lock.read(layout)
        self.digests = dict(self.locked)

    def archive(self, where: str, name: str, version: str, repositories: Mapping[str, Mapping[str, Any]]) -> Archive:
        """Return the archive of a chart in a helmfile; raises PenstockError unless its content is fixed."""
        if not _EXACT.fullmatch(version):
            fault = f"`{version}` is no exact version" if version else "it has no version"
            raise PenstockError(f"{where}: the chart {name}: {fault}", "write one, such as `version: 1.2.3`")
        chart = f"{_source(where, name, repositories)}@{version}"
        return Archive(chart, str(self._path(where, chart)))

    def _path(self, where: str, chart: str) -> Path:
        locked = self.digests.get(chart, "")
        if not locked and not self.may_lock:
            raise PenstockError(
                f"{where}: the chart {chart} is not in {charts_lock.NAME}",
                f"run `inv hydrate`, and commit {charts_lock.NAME} with the manifests",
            )
        delete = f"delete its line in {charts_lock.NAME}, run `inv hydrate`, and review the manifests"
        path = pulled(where, chart, locked, charts_lock.NAME, delete)
        self.digests[chart] = path.parent.name
        return path

    def write(self, used: set[str] | None) -> list[str]:
        """Update charts.lock and return a line per change; with `used`, all other charts are dropped."""
        kept = {chart: digest for chart, digest in self.digests.items() if used is None or chart in used}
        if kept != self.locked:
            charts_lock.write(self.layout, kept)
        lines = [f"+ {charts_lock.NAME}: {chart} is {kept[chart]}" for chart in kept.keys() - self.locked.keys()]
        lines += [f"- {charts_lock.NAME}: {chart}" for chart in self.locked.keys() - kept.keys()]
        return sorted(lines)


def pulled(where: str, chart: str, locked: str, lock: str, delete: str) -> Path:
    """Return the archive of a chart (SOURCE@VERSION) in the cache; its folder is named by the digest.

    With the digest `locked`, which the file `lock` has, raises PenstockError for other bytes; `delete` tells how to
    accept them.
    """
    if locked and _is_whole(_place(locked), locked):
        return _place(locked)
    data = _pulled(where, chart)
    digest = sha256(data)
    if locked and digest != locked:
        raise PenstockError(
            f"{where}: the chart {chart} is not what it was: {lock} has {locked}, pulled was {digest}",
            f"other bytes were published under this version: find out why. To use them all the same, {delete}",
        )
    with writing(_place(digest)):
        _place(digest).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(_place(digest), data)
    return _place(digest)


def _pulled(where: str, chart: str) -> bytes:
    source, _, version = chart.rpartition("@")
    try:
        with console.step(f"pulling {chart}"):
            return helm.pull(source, version)
    except PenstockError as error:
        raise PenstockError(f"{where}: {error.message}", error.hint) from None


def _place(digest: str) -> Path:
    return cache_home() / "charts" / digest / "chart.tgz"


def _is_whole(path: Path, digest: str) -> bool:
    return path.is_file() and file_sha256(path) == digest


def _source(where: str, name: str, repositories: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the source of a chart, which ends with its name."""
    source = name
    if "://" not in name:
        alias, _, rest = name.partition("/")
        source = f"{_url(where, alias, repositories.get(alias, {}))}/{rest}"
    if not _SOURCE.fullmatch(source) or (source == name and not name.startswith("oci://")):
        raise PenstockError(f"{where}: `{source}` is no place of a chart", _HOWTO)
    if source.startswith("http://") and not helm.is_loopback(source):
        raise PenstockError(
            f"{where}: {source} is not encrypted: its bytes could be changed on the way", "use https://"
        )
    return source


def _url(where: str, alias: str, repository: Mapping[str, Any]) -> str:
    url = str(repository.get("url", "")).rstrip("/")
    if not url:
        raise PenstockError(f"{where}: `repositories:` has no `{alias}` with a url", _HOWTO)
    strange = sorted(repository.keys() - {"name", "url", "oci"})
    if strange:
        raise PenstockError(f"{where}: the repository `{alias}` has `{strange[0]}`, which is not supported", _HOWTO)
    return f"oci://{url.removeprefix('oci://')}" if repository.get("oci") else url

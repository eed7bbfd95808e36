"""Replace upstream charts in helmfiles by the paths of their archives, so that helmfile doesn't fetch anything."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.once import once
from penstock.core.yaml import utf8
from penstock.hydrate.charts import Archive, Charts
from penstock.hydrate.select import Component
from penstock.platform.layout import Layout
from penstock.tools import helmfile

# `chart:` with a remote chart, which helmfile would fetch: neither a path nor a template, and with a slash.
_NAMED = re.compile(r"""(?<![\w.-])(chart:[ \t]*)(["']?)([^\s"'./{,][^\s"'{},]*/[^\s"'{},]+)\2""")


def prepare(
    layout: Layout, charts: Charts, environment: str, components: list[Component], home: Path
) -> dict[str, dict[str, str]]:
    """Replace the upstream charts in the helmfiles of staged components by the paths of their archives.

    Returns the chart's name by component and archive path. `layout` is the staged one.
    """
    called: dict[str, dict[str, str]] = {}
    for component in components:
        file = component.helmfile
        text = utf8(file.read_bytes(), layout.relative(file)) if file else ""
        if file and _NAMED.search(text):
            archives = {
                name: _linked(archive, home)
                for name, archive in _archives(layout, charts, environment, file, home).items()
            }
            called[component.name] = {archive.path: archive.chart for archive in archives.values()}
            file.write_text(_NAMED.sub(partial(_put, archives), text))
    return called


@once
def names_any(file: Path) -> bool:
    """Whether a helmfile names an upstream chart."""
    return bool(_NAMED.search(file.read_text(errors="replace")))


def _linked(archive: Archive, home: Path) -> Archive:
    """Link the archive from a path without special characters: helmfile would parse the cache's path as a template."""
    cached = Path(archive.path)
    link = home / "archives" / cached.parent.name / cached.name
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(cached)
    return Archive(archive.chart, str(link))


def _put(archives: dict[str, Archive], found: re.Match[str]) -> str:
    archive = archives.get(found[3])
    return found[1] + json.dumps(archive.path) if archive else found[0]


def _archives(layout: Layout, charts: Charts, environment: str, file: Path, home: Path) -> dict[str, Archive]:
    """Return the archives of the upstream charts in a helmfile that this environment uses."""
    where = layout.relative(file)
    repositories = {str(each.get("name")): each for each in helmfile.repositories(file, environment, home)}
    named = {found[3] for found in _NAMED.finditer(file.read_text(errors="replace"))}
    archives: dict[str, Archive] = {}
    for release in helmfile.releases(file, environment, home):
        if release.chart not in named or not (release.enabled and release.installed):
            continue
        archive = charts.archive(where, release.chart, release.version, repositories)
        if archives.setdefault(release.chart, archive) != archive:
            raise PenstockError(
                f"{where}: two versions of the chart {release.chart}", "put the releases into components of their own"
            )
    return archives

"""Components whose helmfiles name the archives of their charts, so that helmfile has nothing to fetch."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.yaml import utf8
from penstock.hydrate.charts import Archive, Charts
from penstock.hydrate.select import Component
from penstock.tools import helmfile

# `chart:` with what helmfile doesn't take for a folder but fetches: neither a path nor a template, and with a slash.
_NAMED = re.compile(r"""(?<![\w.-])(chart:[ \t]*)(["']?)([^\s"'./{,][^\s"'{},]*/[^\s"'{},]+)\2""")


def prepare(
    layout: Layout, charts: Charts, environment: str, components: list[Component], home: Path
) -> dict[str, dict[str, str]]:
    """Have the helmfiles of staged components name the archives of their upstream charts.

    Gives component -> path of an archive -> what that chart is called. `layout` is where the components are staged.
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


def _linked(archive: Archive, home: Path) -> Archive:
    """The archive by a path of our own: helmfile would parse the path of the cache as a template."""
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
    """The archives of the upstream charts that a helmfile names and this environment has."""
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

"""Components whose helmfiles name the archives of their charts, so that helmfile has nothing to fetch."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.hydrate.charts import Archive, Charts
from penstock.hydrate.select import Component
from penstock.tools import helmfile

# `chart:` with what helmfile doesn't take for a folder but fetches: neither a path nor a template, and with a slash.
_NAMED = re.compile(r"""(?<![\w.-])(chart:[ \t]*)(["']?)([^\s"'./{,][^\s"'{},]*/[^\s"'{},]+)\2""")


def prepare(
    charts: Charts, environment: str, components: list[Component], home: Path
) -> tuple[list[Component], dict[str, dict[str, str]]]:
    """The components, those with upstream charts copied to `home` and these replaced by their archives.

    Also component -> path of an archive -> what that chart is called.
    """
    prepared: list[Component] = []
    called: dict[str, dict[str, str]] = {}
    for component in components:
        if component.helmfile and _NAMED.search(component.helmfile.read_text(errors="replace")):
            archives = _archives(charts, environment, component.helmfile, home)
            called[component.name] = {archive.path: archive.chart for archive in archives.values()}
            file = _copy(charts.layout, component, component.helmfile, archives, home)
            component = replace(component, helmfile=file)
        prepared.append(component)
    return prepared, called


def _archives(charts: Charts, environment: str, file: Path, home: Path) -> dict[str, Archive]:
    """The archives of the upstream charts that a helmfile names and this environment has."""
    where = charts.layout.relative(file)
    repositories = {str(each.get("name")): each for each in helmfile.repositories(file, environment, home)}
    named = {found[3] for found in _NAMED.finditer(file.read_text())}
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


def _copy(layout: Layout, component: Component, file: Path, archives: dict[str, Archive], home: Path) -> Path:
    copy = home / "offline" / layout.components.name / component.name
    shutil.copytree(component.folder, copy, symlinks=True)
    for folder in (layout.environments, layout.charts):
        place = home / "offline" / folder.name
        if not place.is_symlink():
            place.symlink_to(folder)

    def put(found: re.Match[str]) -> str:
        archive = archives.get(found[3])
        return found[1] + json.dumps(archive.path) if archive else found[0]

    copied = copy / file.name
    copied.write_text(_NAMED.sub(put, file.read_text()))
    return copied

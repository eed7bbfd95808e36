"""Copy the sources of a run to a folder with exactly the digested inputs and a path without special characters.

helmfile reads paths as globs, Go templates and YAML, and Helm renders every file in a chart's templates/. So they see a
copy without leftovers, other environments' files, and anything else that a component must not read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from penstock.core.files import copy_sources
from penstock.hydrate.select import NO_INPUTS, Component, shared_files
from penstock.platform import lineage
from penstock.platform.layout import Layout


def stage(layout: Layout, environment: str, components: list[Component], home: Path) -> tuple[Layout, list[Component]]:
    """Copy these components and the files that all may read below `home`; returns the staged layout and components."""
    staged = Layout(home / "platform")
    generated = lineage.generated(layout, environment)
    for path in (*shared_files(layout, environment), *([generated] if generated.is_file() else [])):
        copy = staged.root / path.relative_to(layout.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    if layout.charts.is_dir():
        _stage_charts(layout.charts, staged.charts)
    return staged, [_staged(component, staged) for component in components]


def _stage_charts(charts: Path, staged: Path) -> None:
    """Copy the charts instead of linking them: helmfile writes into a chart that it patches."""
    staged.mkdir(parents=True)
    for chart in charts.iterdir():
        if chart.is_dir() and not chart.is_symlink():
            copy_sources(chart, staged / chart.name)
        else:
            (staged / chart.name).symlink_to(chart)


def _staged(component: Component, staged: Layout) -> Component:
    folder = staged.components / component.name
    copy_sources(component.folder, folder, *(component.folder / name for name in NO_INPUTS))

    def moved(path: Path | None) -> Path | None:
        return folder / path.relative_to(component.folder) if path else None

    return replace(
        component, folder=folder, helmfile=moved(component.helmfile), kustomization=moved(component.kustomization)
    )

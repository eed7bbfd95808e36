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


def stage(
    layout: Layout, environments: list[str], components: list[Component], home: Path
) -> tuple[Layout, list[Component]]:
    """Copy these components and the files that these environments may read below `home`.

    Returns the staged layout and the staged components. A component of several environments is copied once.
    """
    staged = Layout(home / "platform")
    for path in filter(Path.is_file, dict.fromkeys(path for name in environments for path in readable(layout, name))):
        copy = staged.root / path.relative_to(layout.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    if layout.charts.is_dir():
        _stage_charts(layout.charts, staged.charts)
    for component in {each.folder: each for each in components}.values():
        left_out = (component.folder / name for name in NO_INPUTS)
        copy_sources(component.folder, staged.components / component.name, *left_out)
    # Environments share a component unless it has an overlay for one.
    different = {id(component): component for component in components}
    copies = {key: _staged(component, staged) for key, component in different.items()}
    return staged, [copies[id(component)] for component in components]


def readable(layout: Layout, environment: str) -> list[Path]:
    """Return the files in environments/ that a component may read; the generated one may be missing."""
    return [*shared_files(layout, environment), lineage.generated(layout, environment)]


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

    def moved(path: Path | None) -> Path | None:
        return folder / path.relative_to(component.folder) if path else None

    return replace(
        component, folder=folder, helmfile=moved(component.helmfile), kustomization=moved(component.kustomization)
    )

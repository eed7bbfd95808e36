"""The sources of the policies in components/, compared with what the generator produces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.core.files import walk, write_atomically
from penstock.core.layout import Layout
from penstock.core.leftovers import is_leftover
from penstock.platform.dataflow import Contract
from penstock.platform.rendered import Rendered
from penstock.policies import expected
from penstock.policies import generate as policies
from penstock.policies.contract import FILE, Connections
from penstock.policies.peers import Peers


def _folder(layout: Layout) -> Path:
    """All of it is generated; what else is in the component, such as its README, isn't."""
    return layout.components / policies.COMPONENT / "kustomize"


def generate(contract: Contract, declared: Connections, environments: list[Rendered]) -> dict[str, str]:
    """Path -> text of every source, for some environments."""
    made: dict[str, str] = {}
    for rendered in environments:
        every = expected.connections(contract, declared, rendered)
        made |= policies.files(Peers(declared, rendered), every)
    return made


def stale(layout: Layout, made: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The path of every source that differs from what the generator produces, and how."""
    folder = _folder(layout)
    present = {layout.relative(path): path for path in (walk(folder) if folder.is_dir() else ())}
    for path in present.keys() - made.keys():
        yield path, "is no longer generated"
    for path, text in made.items():
        if path not in present:
            yield path, "is missing"
        elif present[path].read_text() != text:
            yield path, f"differs from what dataflow.yaml, {FILE} and the manifests give"


def write(layout: Layout, made: dict[str, str]) -> list[str]:
    """Write stale sources, delete those that are no longer generated; gives the paths that changed."""
    changed = []
    for path, text in made.items():
        place = layout.root / path
        if not place.is_file() or place.read_text() != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, text.encode())
            changed.append(path)
    for place in sorted(_folder(layout).rglob("*"), reverse=True):
        if place.is_file() and layout.relative(place) not in made and not is_leftover(place.name):
            place.unlink()
            changed.append(layout.relative(place))
        elif place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    return changed

"""The sources of the policies in components/, held to what the generator gives."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.files import walk, write_atomically
from penstock.core.layout import Layout
from penstock.core.leftovers import is_leftover
from penstock.platform.dataflow import Contract
from penstock.platform.rendered import Rendered
from penstock.policies import expected
from penstock.policies import generate as policies
from penstock.policies.contract import FILE, Connections
from penstock.policies.peers import Ends


def generate(contract: Contract, found: Connections, environments: list[Rendered]) -> dict[str, str]:
    """Path -> text of every source, for the environments given."""
    made: dict[str, str] = {}
    for rendered in environments:
        every = expected.connections(contract, found, rendered)
        made |= policies.files(Ends(found, rendered), every)
    return made


def stale(layout: Layout, made: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The path of every source that isn't what the generator gives, and why."""
    folder = layout.components / policies.COMPONENT
    there = {layout.relative(path): path for path in (walk(folder) if folder.is_dir() else ())}
    for path in there.keys() - made.keys():
        yield path, "nothing is written here any more"
    for path, text in made.items():
        if path not in there:
            yield path, "not written yet"
        elif there[path].read_text() != text:
            yield path, f"not what dataflow.yaml, {FILE} and the manifests give"


def write(layout: Layout, made: dict[str, str]) -> list[str]:
    """Write what is stale, take away what nothing gives; the paths that changed."""
    changed = []
    for path, text in made.items():
        place = layout.root / path
        if not place.is_file() or place.read_text() != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, text.encode())
            changed.append(path)
    for place in sorted((layout.components / policies.COMPONENT).rglob("*"), reverse=True):
        if place.is_file() and layout.relative(place) not in made and not is_leftover(place.name):
            place.unlink()
            changed.append(layout.relative(place))
        elif place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    return changed

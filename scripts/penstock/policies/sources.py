"""Generate, compare and write the sources of the policies in components/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.core.files import walk, write_atomically
from penstock.core.leftovers import is_leftover
from penstock.platform.dataflow import Contract
from penstock.platform.layout import Layout
from penstock.platform.rendered import Rendered
from penstock.policies import expected
from penstock.policies import generate as policies
from penstock.policies.contract import FILE, Connections
from penstock.policies.peers import Peers


def _folder(layout: Layout) -> Path:
    """Return the folder of generated files; other files of the component, such as its README, are written by hand."""
    return layout.components / policies.COMPONENT / "kustomize"


def generate(contract: Contract, declared: Connections, environments: list[Rendered]) -> dict[str, str]:
    """Return the generated sources for these environments: path -> text."""
    texts: dict[str, str] = {}
    for rendered in environments:
        every = expected.connections(contract, declared, rendered)
        texts |= policies.files(Peers(declared, rendered), every)
    return texts


def stale(layout: Layout, texts: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the path of each source that differs from the generated text, and a message."""
    folder = _folder(layout)
    present = {layout.relative(path): path for path in (walk(folder) if folder.is_dir() else ())}
    for path in present.keys() - texts.keys():
        yield path, "is no longer generated"
    for path, text in texts.items():
        if path not in present:
            yield path, "is missing"
        elif present[path].read_text() != text:
            yield path, f"differs from what dataflow.yaml, {FILE} and the manifests yield"


def write(layout: Layout, texts: dict[str, str]) -> list[str]:
    """Write changed sources, delete those that are no longer generated, and return the paths of both."""
    changed = []
    for path, text in texts.items():
        place = layout.root / path
        if not place.is_file() or place.read_text() != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, text.encode())
            changed.append(path)
    for place in sorted(_folder(layout).rglob("*"), reverse=True):
        if place.is_file() and layout.relative(place) not in texts and not is_leftover(place.name):
            place.unlink()
            changed.append(layout.relative(place))
        elif place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    return changed

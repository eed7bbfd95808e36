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
    made = {one.environment: _files(contract, declared, one) for one in environments}
    own: dict[str, dict[str, str]] = {}
    for one in sorted(environments, key=lambda each: len(each.extends)):
        nearest = next((name for name in one.extends if name in own), "")
        # An overlay that equals the inherited one would only repeat it.
        if not nearest or made[nearest] != made[one.environment]:
            own[one.environment] = made[one.environment]
    return {f"{policies.folder(name)}/{file}": text for name, files in own.items() for file, text in files.items()}


def _files(contract: Contract, declared: Connections, rendered: Rendered) -> dict[str, str]:
    return policies.files(Peers(declared, rendered), expected.connections(contract, declared, rendered))


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

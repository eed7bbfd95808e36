"""Keep environments/lineage/, from which helmfile's template takes the files of environments that extend others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from penstock.core.errors import PenstockError
from penstock.core.files import walk, write_atomically
from penstock.core.rule import Rule
from penstock.hydrate.index import Index, uncommitted
from penstock.hydrate.rules import STALE, UNCOMMITTED
from penstock.platform import environments, lineage
from penstock.platform.layout import LINEAGE_NAME, Layout

_TEMPLATE = "helmfile.yaml.gotmpl"
_USED = ".Values.lineage"


class Fault(NamedTuple):
    """A generated file that is not as `inv hydrate` writes it: its path from the root, what is wrong, and the rule."""

    path: str
    text: str
    rule: Rule = STALE


def expected(layout: Layout, names: Iterable[str]) -> dict[Path, bytes]:
    """Return the generated files of some environments; raises PenstockError if the platform's template ignores them."""
    texts = {lineage.generated(layout, name): lineage.text(layout, name).encode() for name in names}
    found = {path: text for path, text in texts.items() if text}
    template = layout.environments / _TEMPLATE
    if found and template.is_file() and _USED not in template.read_text(errors="replace"):
        name = next(iter(found)).stem
        raise PenstockError(
            f"{layout.relative(template)} doesn't read {_USED}, but `{name}` has more than environments/{name}.yaml",
            "docs/how-to/add-an-environment.md shows the template",
        )
    return found


def stage(layout: Layout, staged: Layout, name: str) -> None:
    """Replace the generated file of an environment in the copy of its sources, where it may be an old one."""
    place = lineage.generated(staged, name)
    place.unlink(missing_ok=True)
    for text in expected(layout, [name]).values():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)


def faults(layout: Layout, names: list[str], index: Index | None = None) -> list[Fault]:
    """Return what is wrong with the generated files of some environments, and which ones nothing needs any more."""
    texts = expected(layout, names)
    present = _present(layout)
    found = [
        Fault(layout.relative(path), "is not as `inv hydrate` writes it" if path in present else "is missing")
        for path, text in texts.items()
        if path not in present or path.read_bytes().replace(b"\r\n", b"\n") != text
    ]
    if index:
        lacking = [path for path in texts if path in present and not index.holds(path)]
        found += [Fault("", line, UNCOMMITTED) for line in uncommitted(index, lacking)]
    extra = [path for path in _extra(layout, present, texts, names) if index is None or index.holds(path)]
    return found + [Fault(layout.relative(path), "is an extra file: no environment needs it") for path in extra]


def write(layout: Layout, names: list[str]) -> list[str]:
    """Write the generated files of some environments, delete those that nothing needs, and return a line for each."""
    texts = expected(layout, names)
    present = _present(layout)
    lines = []
    for path, text in texts.items():
        if path not in present or path.read_bytes() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
            lines.append(f"{'~' if path in present else '+'} {layout.relative(path)}")
    for path in _extra(layout, present, texts, names):
        path.unlink()
        lines.append(f"- {layout.relative(path)}")
    folder = layout.environments / LINEAGE_NAME
    if present and not any(folder.iterdir()):
        folder.rmdir()
    return lines


def _present(layout: Layout) -> list[Path]:
    folder = layout.environments / LINEAGE_NAME
    return list(walk(folder)) if folder.is_dir() else []


def _extra(layout: Layout, present: list[Path], texts: dict[Path, bytes], names: list[str]) -> list[Path]:
    """Return the files that no environment needs, of those in `names` and of those that helmfile.yaml doesn't list."""
    others = {*environments.names(layout)} - {*names}
    return [path for path in present if path not in texts and path.stem not in others]

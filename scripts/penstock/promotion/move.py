"""Work out the pins with which an environment renders what another one, a revision or the working tree gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.hydrate import lock
from penstock.hydrate.pinned import Revisions
from penstock.platform import environments, lineage
from penstock.platform.environments import WORKING_TREE, Pins
from penstock.platform.layout import Layout
from penstock.promotion.edit import Own, edited


@dataclass(frozen=True)
class Move:
    """A promotion: the file to change, its new text, the pins before and after, and the environments it reaches."""

    path: Path
    text: str
    before: Pins
    after: Pins
    environments: list[str]


def move(layout: Layout, to: str, source: str, components: list[str], revision: str) -> Move:
    """Return the promotion of an environment to the pins of the environment `source`, to a revision, or to neither.

    With neither it is unpinned. `components` limits it; all move if there are none. Raises PenstockError for an unknown
    environment, component or revision.
    """
    environments.one(layout, to)
    if source and revision:
        raise PenstockError("--from and --revision were both given", "give one of them")
    if source == to:
        raise PenstockError(f"--from is `{to}` itself", "name the environment to take the revisions from")
    now = environments.pins(layout, to)
    aim = Pins(revision=revision or WORKING_TREE)
    if source:
        aim = environments.pins(layout, environments.one(layout, source))
    elif revision:
        found = Revisions(layout)
        found.at(found.commit(revision))
    names = _named(layout, to, source, components, aim)
    after = _limited(now, aim, names) if names else aim
    path = lineage.lineage(layout, to)[-1].path
    own = _own(environments.inherited_pins(layout, to), after)
    text = edited(path.read_text(), layout.relative(path), own)
    heirs = [name for name in environments.names(layout) if to in lineage.names(layout, name)]
    return Move(path, text, now, after, heirs)


def _named(layout: Layout, to: str, source: str, asked: list[str], aim: Pins) -> list[str]:
    """Return the asked components; raises PenstockError if neither side has one, nor the revision."""
    known = {path.name for path in layout.components.iterdir() if path.is_dir()} | aim.components.keys()
    for name in filter(None, (to, source)):
        known |= lock.read(layout.tree(name), f"manifests/{name}").components.keys()
    for name in asked:
        if name not in known:
            raise PenstockError(
                f"unknown component `{name}`", did_you_mean(name, known, f"there are {', '.join(sorted(known))}")
            )
    return sorted({*asked})


def _limited(now: Pins, aim: Pins, names: list[str]) -> Pins:
    moved = {name: aim.of(name) or WORKING_TREE for name in names}
    return Pins(revision=now.revision, components={**now.components, **moved})


def _own(inherited: Pins, wanted: Pins) -> Own:
    """Return the fewest pins that make the wanted ones of the inherited ones."""
    own = {}
    for name in sorted({*inherited.components, *wanted.components}):
        revision = wanted.components.get(name, wanted.revision)
        if revision != inherited.components.get(name, wanted.revision):
            own[name] = revision
    return Own(wanted.revision if wanted.revision != inherited.revision else "", own)

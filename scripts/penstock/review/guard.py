"""The deletion guard: what Flux will prune, and the trailer of a commit that acknowledges it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from penstock.platform.environments import shown
from penstock.review.model import Environment, Prune
from penstock.review.settings import PruneSettings

if TYPE_CHECKING:
    from penstock.review.step import Step  # all that reads objects, which an unchanged environment doesn't need

KEY = "Penstock-Prune"
_ENTRY = re.compile(r"([\w.-]+)=(\d+)")


def pruned(step: Step, settings: PruneSettings, acknowledged: dict[str, int]) -> Prune:
    """Return the exact list that Flux prunes in an environment."""
    gone = [delta.old for delta in step.deltas if delta.old and delta.replaced and delta.is_("pruned")]
    protected = [str(item) for item in gone if item.ref.kind in settings.protected]
    return Prune(
        objects=sorted(map(str, gone)),
        protected=sorted(protected),
        acknowledged=acknowledged.get(step.environment),
    )


def acknowledged(values: Iterable[str]) -> dict[str, int]:
    """Return the acknowledged number by environment, from the values of the trailers, the newest first."""
    found: dict[str, int] = {}
    for value in values:
        for name, number in _ENTRY.findall(value):
            found.setdefault(name, int(number))
    return found


def needed(environments: Iterable[Environment], settings: PruneSettings) -> dict[str, int]:
    """Return the numbers that a trailer has to acknowledge, by environment."""
    return {
        each.name: len(each.prune.objects)
        for each in environments
        if len(each.prune.objects) > settings.threshold or each.prune.protected
    }


def failure(environments: Iterable[Environment], settings: PruneSettings) -> tuple[str, str] | None:
    """Return the line for what is not acknowledged, and the fix with the trailer to paste; None if all is."""
    every = list(environments)
    wanted = needed(every, settings)
    found = {each.name: each.prune for each in every}
    open_ = {name: number for name, number in wanted.items() if found[name].acknowledged != number}
    if not open_:
        return None
    parts: dict[str, list[str]] = {}
    for name, number in open_.items():
        protected = found[name].protected
        kinds = f", with {', '.join(protected[:3])}{' …' if len(protected) > 3 else ''}" if protected else ""
        was = found[name].acknowledged
        noun = "object" if number == 1 else "objects"
        said = f"{number} {noun}{kinds}{f' ({was} acknowledged)' if was is not None else ''}"
        parts.setdefault(said, []).append(name)
    lines = [f"{shown(names)} {said}" for said, names in parts.items()]
    trailer = f"{KEY}: {' '.join(f'{name}={number}' for name, number in wanted.items())}"
    return f"Flux prunes in {'; in '.join(lines)}", f"if that is meant, end the message of a commit with: {trailer}"

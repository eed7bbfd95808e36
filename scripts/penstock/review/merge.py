"""Merge the reviews of several shards, which are of one change and of different environments, into one."""

from __future__ import annotations

from pathlib import Path

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import decode
from penstock.review.model import Environment, Review
from penstock.review.rehearsal import Rehearsal
from penstock.review.report import judged
from penstock.review.settings import Settings

_HINT = "give the folder with what `inv review --shard N/M --format json` wrote for each shard"


def merged(folder: Path, chosen: Settings) -> Review:
    """Return the review of all environments that the reports in a folder (`*.json`) have.

    An environment in several of them, one that is no longer listed, is taken once. Raises PenstockError if there are no
    reports, if a file is none, or if they are of different changes.
    """
    if not folder.is_dir():
        raise PenstockError(f"there is no folder {folder}", _HINT)
    reports = {path: _read(path) for path in sorted(folder.glob("*.json"))}
    if not reports:
        raise PenstockError(f"{folder} has no file *.json", _HINT)
    first, *_ = reports
    base, head = reports[first].base, reports[first].head
    environments: dict[str, Environment] = {}
    rehearsals: dict[str, Rehearsal] = {}
    notes: dict[str, None] = {}
    for path, report in reports.items():
        if (report.base, report.head) != (base, head):
            raise PenstockError(
                f"{path} is of {report.base} → {report.head}, and {first.name} of {base} → {head}",
                "review every shard at the same commits",
            )
        environments |= {each.name: each for each in report.environments}
        rehearsals |= {each.environment: each for each in report.rehearsals}
        notes |= dict.fromkeys(report.notes)
    review = Review(
        base=base,
        head=head,
        environments=[environments[name] for name in sorted(environments)],
        rehearsals=[rehearsals[name] for name in sorted(rehearsals)],
        notes=[*notes],
    )
    return judged(review, chosen)


def _read(path: Path) -> Review:
    try:
        return decode(path.read_bytes(), Review)
    except msgspec.MsgspecError as error:
        raise PenstockError(f"{path} is no report of a review: {error}", _HINT) from error

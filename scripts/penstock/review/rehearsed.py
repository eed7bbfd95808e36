"""The report of a rehearsal: read from the file of `inv rehearse --json`, and in short as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import decode
from penstock.review.rehearsal import Passage, Rehearsal

_LEGS = {"base": "base", "head": "step to the head", "back": "way back"}


def read(file: Path) -> list[Rehearsal]:
    """Return the rehearsals in a file; raises PenstockError with the reason if it contains none."""
    hint = "give the file that `inv rehearse --json` wrote"
    try:
        return decode(file.read_bytes(), list[Rehearsal])
    except OSError as error:
        raise PenstockError(f"can't read the rehearsal {file}: {error.strerror}", hint) from error
    except msgspec.MsgspecError as error:
        raise PenstockError(f"{file} is no report of a rehearsal: {error}", hint) from error


def lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield what a rehearsal saw, the API server's own words included."""
    for passage in rehearsal.passages:
        yield f"{_LEGS[passage.leg]}: {_result(passage)}"
        for refusal in passage.refusals:
            until = "it stayed so" if refusal.until is None else f"until {refusal.until:.1f} s"
            yield f"refused: {refusal.component}, {until}: {' '.join(refusal.message.split())}"
    yield from (f"the review predicted otherwise: {line}" for line in rehearsal.disproved)


def _result(passage: Passage) -> str:
    counts = {
        "pruned": len(passage.pruned),
        "recreated": len(passage.recreated),
        "rolled": len(passage.rolled),
        "retries": sum(span.retries for span in passage.spans),
    }
    shown = [f"{number} {what}" for what, number in counts.items() if number]
    state = f"Ready after {passage.seconds:.1f} s" if passage.ready else f"not Ready after {passage.seconds:.1f} s"
    return ", ".join([state, *shown])

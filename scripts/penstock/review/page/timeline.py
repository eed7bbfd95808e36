"""The timeline of a rehearsal: for each leg a row for each component, from applied to Ready.

Lengths are units of the SVG, times are seconds since the leg began.
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock.review.rehearsal import Passage, Refusal, Rehearsal, Span

TITLES = {"base": "Base, until Ready", "head": "Step to the head", "back": "Way back to the base"}
LABELS, WIDTH, RESULTS, ROW, TOP = 170, 1030, 190, 26, 26
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
_MOST_TICKS = 8


@dataclass(frozen=True)
class Row:
    """A component. `start` and `end` are those of its bar, `waits` ends its wait, `refused` has its refusals."""

    component: str
    y: float
    waits: float | None
    start: float | None
    end: float
    ready: bool
    refused: tuple[tuple[float, float], ...]
    label: str

    @property
    def after(self) -> float:
        """Where its label begins."""
        return (
            max([self.end, *(end for _, end in self.refused)]) + 8 if self.start is not None or self.refused else LABELS
        )


@dataclass(frozen=True)
class Timeline:
    """A leg as a picture; `ticks` are the positions of the seconds."""

    passage: Passage
    title: str
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    height: float


def timelines(rehearsal: Rehearsal) -> list[Timeline]:
    """Return the legs, on one scale, so that they can be compared."""
    ends = [passage.seconds for passage in rehearsal.passages]
    ends += [span.ready or span.applied or 0 for passage in rehearsal.passages for span in passage.spans]
    longest = max([1.0, *ends])
    return [_timeline(passage, longest) for passage in rehearsal.passages]


def _timeline(passage: Passage, longest: float) -> Timeline:
    scale = (WIDTH - LABELS - RESULTS) / longest
    refusals: dict[str, list[Refusal]] = {}
    for each in passage.refusals:
        refusals.setdefault(each.component, []).append(each)
    known = {span.component for span in passage.spans}
    spans = [*passage.spans, *(Span(component=name) for name in refusals if name not in known)]
    spans.sort(key=lambda span: (span.applied is None, span.applied or 0, span.component))
    rows = [
        _row(span, refusals.get(span.component, []), passage, scale, TOP + number * ROW)
        for number, span in enumerate(spans)
    ]
    step = next((one for one in _STEPS if longest / one <= _MOST_TICKS), _STEPS[-1])
    ticks = [(LABELS + at * scale, f"{at} s") for at in range(0, int(longest) + 1, step)]
    return Timeline(passage, TITLES[passage.leg], tuple(rows), tuple(ticks), TOP + len(rows) * ROW + 6)


def _row(span: Span, refusals: list[Refusal], passage: Passage, scale: float, y: float) -> Row:
    def at(seconds: float) -> float:
        return round(LABELS + seconds * scale, 1)

    last = span.ready if span.ready is not None else passage.seconds
    return Row(
        component=span.component,
        y=y,
        waits=at(span.applied) if span.applied else None,
        start=at(span.applied) if span.applied is not None else None,
        end=at(last),
        ready=span.ready is not None,
        refused=tuple((at(one.since), at(passage.seconds if one.until is None else one.until)) for one in refusals),
        label=_label(span, len(refusals)),
    )


def _label(span: Span, refusals: int) -> str:
    parts = [f"{span.ready - (span.applied or 0):.1f} s" if span.ready is not None else "not Ready"]
    if span.applied is None and span.ready is None:
        parts = ["not applied"]
    if span.retries:
        parts.append(f"{span.retries} {'retry' if span.retries == 1 else 'retries'}")
    if refusals:
        parts.append(f"refused {refusals} times" if refusals > 1 else "refused")
    return ", ".join(parts)

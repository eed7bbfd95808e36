"""A terminal session as an animated SVG: Rich draws the lines, CSS shows each at its time.

The static picture is the final state, which readers who prefer reduced motion see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

# Rich and pre-commit redraw a line with a carriage return and an erase sequence.
_AGAIN = re.compile(r"\r(?:\x1b\[2K)+")
# Rich erases a progress line after moving to the next one.
_TAKEN_AWAY = re.compile(r"^\r?(?:\x1b\[1A\x1b\[2K)+")
# Hide and show the cursor.
_CURSOR = re.compile(r"\x1b\[\?25[hl]")
# A spinner and a clock; lines that differ only in these are equal.
_MOVING = re.compile(r"^ *[⠁-⣿] | \d+ s *$")
# Maximum seconds of a picture; longer sessions play faster.
_LONGEST = 20.0
_UNIQUE = "session"
# Rich's value, in pixels.
_LINE_HEIGHT = 24.4
_FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} HEIGHT" role="img" aria-label="ALT">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }}
.{unique_id}-title {{ font: 16px sans-serif }}
{styles}
PLACES
@media (prefers-reduced-motion: no-preference) {{
@keyframes appear {{ from {{ visibility: hidden }} to {{ visibility: visible }} }}
@keyframes pass {{ from, to {{ visibility: visible }} }}
TIMES
}}
</style>
<defs>
{lines}
</defs>
<rect fill="#292929" x="1" y="1" width="{width}" height="HEIGHT" rx="8"/>
<text class="{unique_id}-title" fill="#c5c8c6" x="24" y="27">TITLE</text>
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass
class Line:
    """A terminal line with its colours as escape sequences, visible from `start` to `end`, in seconds.

    `end` is None for a line that stays.
    """

    text: str
    row: int
    start: float
    end: float | None = None


@dataclass
class Session:
    """The lines that a terminal showed, built from the output of programs."""

    lines: list[Line] = field(default_factory=list)
    row: int = 0
    _open: Line | None = None
    _rest: str = ""

    def write(self, text: str, at: float) -> None:
        """Add output written at a time, in seconds since the start; a line may arrive in pieces."""
        *whole, self._rest = (self._rest + _CURSOR.sub("", text)).split("\n")
        for line in whole:
            self._show(line.removesuffix("\r"), at)
            self._open = None
            self.row += 1
        if self._rest:
            self._show(self._rest, at)

    def _show(self, raw: str, at: float) -> None:
        if _TAKEN_AWAY.match(raw):
            raw = _TAKEN_AWAY.sub("", raw)
            if self._open is None:
                self.row -= 1
                self._end([line for line in self.lines if line.row == self.row], at)
        text = _AGAIN.split(raw)[-1]
        if self._open and _MOVING.sub("", self._open.text) == _MOVING.sub("", text):
            return
        if self._open:
            self._end([self._open], at)
        self._open = Line(text, self.row, at)
        self.lines.append(self._open)

    @staticmethod
    def _end(lines: Iterable[Line], at: float) -> None:
        for line in lines:
            line.end = at if line.end is None else line.end


def svg(session: Session, title: str, columns: int) -> str:
    """Return the picture of a session; a line wider than the terminal continues on the next row."""
    # Rich loads slowly, and this is rarely called.
    from rich.console import Console

    shown = [line for line in session.lines if line.end is None or line.end > line.start]
    last = max(line.end or line.start for line in shown)
    speed = max(1.0, last / _LONGEST)
    console = Console(record=True, width=columns, color_system="truecolor", file=StringIO(), force_terminal=True)
    heights: dict[int, int] = {}
    parts = []
    for line in shown:
        text = _coloured(line.text)
        pieces = list(text.divide(range(columns, text.cell_len, columns))) or [text]
        heights[line.row] = max(heights.get(line.row, 1), len(pieces) if line.end is None else 1)
        parts += [(line, number, piece) for number, piece in enumerate(pieces)]
    tops, top = {}, 0
    for row in range(max(heights) + 1):
        tops[row] = top
        top += heights.get(row, 1)
    places, times = [], []
    for number, (line, part, piece) in enumerate(parts):
        console.print(piece, no_wrap=True, crop=True, overflow="crop")
        selector = f'[clip-path="url(#{_UNIQUE}-line-{number})"]'
        rows = tops[line.row] + part - number
        hidden = "" if line.end is None else "visibility:hidden;"
        places.append(f"{selector}{{{hidden}transform:translateY({rows * _LINE_HEIGHT:g}px)}}")
        start = line.start / speed
        if line.end is None:
            times.append(f"{selector}{{animation:appear .01s {start:.2f}s both}}")
        else:
            times.append(f"{selector}{{animation:pass {line.end / speed - start:.2f}s {start:.2f}s}}")
    faster = f", played {speed:.0f} times as fast" if speed >= 1.5 else ""
    template = _FORMAT
    for name, value in {
        "HEIGHT": f"{top * _LINE_HEIGHT + 60:.0f}",
        "PLACES": "\n".join(places),
        "TIMES": "\n".join(times),
        "TITLE": escape(title + faster),
        "ALT": escape(title),
    }.items():
        template = template.replace(name, value.replace("{", "{{").replace("}", "}}"))
    return console.export_svg(code_format=template, unique_id=_UNIQUE, title="")


def _coloured(line: str) -> Text:
    """Return a coloured line. A background becomes the text colour, since Rich draws backgrounds apart from lines."""
    from rich.style import Style
    from rich.text import Span, Text

    text = Text.from_ansi(line)
    spans = []
    for span in text.spans:
        style = Style.parse(span.style) if isinstance(span.style, str) else span.style
        plain = Style(color=style.bgcolor) if style.bgcolor else style
        spans.append(Span(span.start, span.end, plain))
    text.spans = spans
    return text

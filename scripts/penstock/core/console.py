"""Output to users: data on stdout, everything else on stderr.

Rich is imported only where needed: its import takes longer than the fast check may.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}

# In front of the titles of steps that go on side by side.
_label: ContextVar[str] = ContextVar("label", default="")


def _paint(text: str, colour: str, stream: object) -> str:
    tty = getattr(stream, "isatty", lambda: False)()
    if not tty or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def out(text: str) -> None:
    """Print data to stdout."""
    print(text, file=sys.stdout, flush=True)


def raw(text: str) -> None:
    """Print text to stdout without a line end of its own."""
    print(text, end="", file=sys.stdout, flush=True)


def coloured(text: str, colour: str) -> str:
    """Return text for stdout, coloured red, green, yellow, dim or bold if stdout is a terminal."""
    return _paint(text, colour, sys.stdout)


def info(text: str) -> None:
    """Print progress to stderr."""
    print(text, file=sys.stderr, flush=True)


def good(text: str) -> None:
    """Print a success to stderr."""
    info(_paint(text, "green", sys.stderr))


def warn(text: str) -> None:
    """Print a warning to stderr."""
    info(_paint("warning: ", "yellow", sys.stderr) + text)


def error(text: str) -> None:
    """Print one error line to stderr."""
    info(_paint("error: ", "red", sys.stderr) + text)


def hint(text: str) -> None:
    """Print how to fix the error above. Further lines are printed unchanged, so that they can be pasted."""
    first, *more = text.splitlines()
    info(_paint("  hint: ", "dim", sys.stderr) + first)
    for line in more:
        info(line)


def seconds(value: float) -> str:
    """Format a duration for reading: 0.31 s, 12.4 s, 3 min 05 s."""
    if value < 1:
        return f"{value:.2f} s"
    if value < 100:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60):02d} s"


def size(value: float) -> str:
    """Format a size in bytes for reading: 812 B, 4.2 KiB, 51.0 MiB."""
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


class Step:
    """A step in progress, with a note of what it is waiting for."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.start = time.monotonic()
        self.note_text = ""
        self.result = ""

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.start

    def note(self, text: str) -> None:
        """Show what the step is waiting for; plain streams get a line only if it changes."""
        if text != self.note_text:
            self.note_text = text
            info(_paint(f"    {self.title}: {text} ({seconds(self.elapsed)})", "dim", sys.stderr))


class _LiveStep(Step):
    """A step on a terminal: one line with a spinner and a running clock."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(title)
        self.live = Live(get_renderable=self._line, console=Console(stderr=True), transient=True, refresh_per_second=8)

    def _line(self) -> Text:
        frame = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[int(self.elapsed * 8) % 10]
        from rich.text import Text

        return Text(f"  {frame} {self.title} {self.note_text} {self.elapsed:.0f} s", overflow="ellipsis", no_wrap=True)

    def note(self, text: str) -> None:
        self.note_text = text


@contextmanager
def labelled(label: str) -> Iterator[None]:
    """Put a label in front of the titles of the steps of this thread; none of them has a line with a clock."""
    before = _label.set(f"{label}: " if label else "")
    try:
        yield
    finally:
        _label.reset(before)


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Announce a step; print its duration when it ends."""
    label = _label.get()
    title = f"{label}{title}"
    if sys.stderr.isatty() and not os.environ.get("CI") and not label:
        live = _LiveStep(title)
        with live.live:
            yield live
        current: Step = live
    else:
        current = Step(title)
        yield current
    result = f": {current.result}" if current.result else ""
    info(f"  {_paint('✓', 'green', sys.stderr)} {title}{result}  {_paint(seconds(current.elapsed), 'dim', sys.stderr)}")


def table(headings: list[str], rows: Iterable[list[str]], show: Callable[[str], None] = out) -> None:
    """Print an aligned table without borders, to stdout or with `show`."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for number, line in enumerate(lines):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        show(_paint(text, "bold", sys.stdout) if number == 0 else text)

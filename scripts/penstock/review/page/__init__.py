"""The review as one HTML file that loads nothing: templates of Jinja, with the style and the script inside."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from penstock.review.model import Review
from penstock.review.page.timeline import LABELS, ROW, WIDTH
from penstock.review.page.view import view

_FOLDER = Path(__file__).parent / "templates"


def page(review: Review) -> str:
    """Return the document; all text of the review is escaped."""
    templates = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    seen = view(review)
    return templates.get_template("page.html").render(
        view=seen,
        sets=htmlsafe_json_dumps([*seen.sets]),
        # Ours, with nothing of the review in them: they are written as they are.
        style=Markup((_FOLDER / "page.css").read_text()),  # noqa: S704
        script=Markup((_FOLDER / "page.js").read_text()),  # noqa: S704
        timeline={"width": WIDTH, "labels": LABELS, "row": ROW},
    )

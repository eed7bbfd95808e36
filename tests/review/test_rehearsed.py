"""The report of a rehearsal is read from a file, refused with a reason, and said in short."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from penstock.core.errors import PenstockError
from penstock.review.markdown import markdown
from penstock.review.rehearsed import lines, read
from review_support import rehearsal, review


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "rehearsal.json"
    file.write_bytes(msgspec.json.encode([rehearsal()]))
    assert read(file) == [rehearsal()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "can't read the rehearsal FILE: No such file or directory"),
        ("[", "FILE is no report of a rehearsal: Input data was truncated"),
        ("{}", "FILE is no report of a rehearsal: Expected `array`, got `object`"),
        (
            '[{"environment": "k3d"}]',
            "FILE is no report of a rehearsal: Object missing required field `base` - at `$[0]`",
        ),
    ],
)
def test_what_is_no_report(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "rehearsal.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(PenstockError) as raised:
        read(file)
    assert raised.value.message == message.replace("FILE", str(file))
    assert raised.value.hint == "give the file that `inv rehearse --json` wrote"


def test_it_is_said_in_short() -> None:
    assert list(lines(rehearsal())) == [
        "base: Ready after 9.0 s, 2 retries",
        "step to the head: not Ready after 20.0 s, 1 rolled, 2 retries",
        "refused: database, it stayed so: spec is immutable",
        "way back: Ready after 4.0 s, 1 pruned, 2 retries",
        "the review predicted otherwise: Deployment town/shop was not rolled",
    ]


def test_it_is_in_the_markdown() -> None:
    text = markdown(review())
    assert "### Rehearsal of k3d\n\n- base: Ready after 9.0 s, 2 retries\n" in text
    assert "Rehearsal" not in markdown(review(rehearsals=[]))

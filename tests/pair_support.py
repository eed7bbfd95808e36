"""The pairs of tests/review/pairs: for each rule a change for which it fires, and a similar one for which it doesn't.

`base/fails.yaml` has the objects of the component shop; in `fails.NAME.yaml` they are of the component NAME. The folder
`fails/` has the platform's own files.
"""

from __future__ import annotations

from pathlib import Path

from penstock.core import yaml
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.review.ends import Sources
from penstock.review.follows import Applied, with_effects
from penstock.review.step import Step, pair
from penstock.review.world import Parsed, World

PAIRS = Path(__file__).parent / "review" / "pairs"


def step(folder: Path, case: str) -> Step:
    """The step of a case: fails or passes."""
    parsed: Parsed = {}
    before, after = (World("local", _files(folder / end, case), parsed) for end in ("base", "head"))
    [deltas] = with_effects([Applied(list(pair(before, after)), before, after, {}, "")])
    sources = [Sources(Layout(folder / end / case)) for end in ("base", "head")]
    return Step(before, after, deltas, (sources[0], sources[1]))


def _files(folder: Path, case: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(folder.glob(f"{case}*.yaml")):
        component = path.name.split(".")[1] if path.name.count(".") > 1 else "shop"
        for item in yaml.parse_all(path.read_bytes(), path):
            found[f"{component}/{item['kind'].lower()}-{item['metadata']['name']}.yaml"] = yaml.dump(item).encode()
    lock = folder / case / LOCK_NAME
    return found | ({LOCK_NAME: lock.read_bytes()} if lock.is_file() else {})

"""nox -s bench: what hydration costs, against helmfile on the same input in the same run."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from penstock.core import console
from penstock.core.errors import PenstockError, reported
from penstock.core.layout import ENGINE
from penstock.gates.bench import report, synthetic
from penstock.gates.bench.measure import measure, measure_shipped
from penstock.tools.resolver import ensure

SIZES = [10, 100, 500, 2000]
_TOOLS = ["helm", "helmfile", "render"]


def bench(sizes: list[int], runs: int, write: bool) -> None:
    """Measure synthetic platforms of these sizes and print the table; `write` also makes docs/benchmarks.md."""
    if not sizes or min(sizes) < 1 or max(sizes) > 9999 or runs < 1:
        raise PenstockError("bench measures sizes from 1 to 9999, in at least one round", "--sizes 10,100 --runs 3")
    ensure(_TOOLS)  # a build would be measured otherwise
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        place = Path(folder).resolve()
        results = measure([synthetic.make(place / str(count), count) for count in sorted(set(sizes))], runs)
    shipped = measure_shipped(runs)
    console.table([heading.upper() for heading in report.HEADINGS], report.rows(results))
    for bar in report.bars(results, shipped):
        (console.good if bar.reached else console.warn)(f"{bar.what}: {bar.measured} (bar: {bar.bar})")
    if write:
        target = ENGINE / "docs" / "benchmarks.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(report.document(results, shipped, runs))
        console.info(f"written: {target.relative_to(ENGINE)}")


def main(words: list[str]) -> None:
    """The command line of `nox -s bench`: --sizes 10,100 --runs 3 --dry."""
    parser = argparse.ArgumentParser(prog="nox -s bench --")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of components (10,100,500,2000)")
    parser.add_argument("--runs", type=int, default=3, help="rounds; the medians count (3)")
    parser.add_argument("--dry", action="store_true", help="don't write docs/benchmarks.md")
    options = parser.parse_args(words)
    with reported():
        bench([int(size) for size in options.sizes.split(",") if size.isdigit()], options.runs, not options.dry)


if __name__ == "__main__":
    main(sys.argv[1:])

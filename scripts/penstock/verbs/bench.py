"""nox -s bench: measure hydration, compared with helmfile in the same run, the gates, a review, its page, a fleet."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from penstock.bench import fleets, flux, pages, report, report_flux, report_gates, reviews, synthetic
from penstock.bench.gates import measure_networked, measure_shipped_gates
from penstock.bench.measure import measure, measure_shipped
from penstock.core import console
from penstock.core.errors import PenstockError, reported
from penstock.platform.layout import ENGINE
from penstock.tools.resolver import ensure

SIZES, GATE_SIZES = [10, 100, 500, 2000], [30, 100, 500]
_TOOLS = ["helm", "helmfile", "kubeconform", "kustomize", "render", "resolve"]
_TARGET = ENGINE / "docs" / "benchmarks.md"
_GATES, _REVIEW, _PAGE = "\n## The gates\n", "\n## A review\n", "\n## The page of a review\n"
_FLUX, _FLEET = "\n## Flux on one cluster\n", "\n## A fleet\n"


def bench(
    sizes: list[int],
    gate_sizes: list[int],
    kustomizations: list[int],
    review: bool,
    page: bool,
    fleet: bool,
    runs: int,
    write: bool,
) -> None:
    """Measure hydration, the gates and Flux at these sizes, a review, a page and a fleet; `write` updates the pages."""
    every = [*sizes, *gate_sizes, *kustomizations]
    if not (every or review or page or fleet) or min(every, default=1) < 1 or max(every, default=1) > 9999 or runs < 1:
        raise PenstockError("bench measures sizes from 1 to 9999, in at least one round", "--sizes 10,100 --runs 3")
    if sizes or gate_sizes or review or fleet:
        ensure(_TOOLS)  # otherwise builds would be measured
    if sizes:
        hydration(sizes, runs, write)
    if gate_sizes:
        gates(sorted(set(gate_sizes)), runs, write)
    if review:
        a_review(runs, write)
    if page:
        the_page(runs, write)
    if fleet:
        a_fleet(write)
    if kustomizations:
        flux_on_one_cluster(kustomizations, write)


def hydration(sizes: list[int], runs: int, write: bool) -> None:
    """Measure hydration of synthetic platforms, and helmfile on the same ones."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        place = Path(folder).resolve()
        results = measure([synthetic.make(place / str(count), count) for count in sorted(set(sizes))], runs)
    shipped = measure_shipped(runs)
    console.table([heading.upper() for heading in report.HEADINGS], report.rows(results))
    _show(report.bars(results, shipped))
    if write:
        _write(0, report.document(results, shipped, runs))


def gates(sizes: list[int], runs: int, write: bool) -> None:
    """Measure the gates on networked platforms, and on the shipped one with components added."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        place = Path(folder).resolve()
        results = measure_networked(place, sizes, runs)
        shipped = measure_shipped_gates(place, runs)
    rows = report_gates.rows(results) + report_gates.rows(shipped)
    console.table([heading.upper() for heading in report_gates.HEADINGS], rows)
    _show(report_gates.bars(results, shipped))
    if write:
        _write(1, report_gates.section(results, shipped, runs))


def a_review(runs: int, write: bool) -> None:
    """Measure a review of a large platform."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        found = reviews.measure_review(Path(folder).resolve(), runs)
    console.table([heading.upper() for heading in reviews.HEADINGS], reviews.rows(found))
    _show(reviews.bars(found))
    if write:
        _write(2, reviews.section(found, runs))


def the_page(runs: int, write: bool) -> None:
    """Measure the page of a review."""
    found = pages.measure_page(runs)
    _show(pages.bars(found))
    if write:
        _write(3, pages.section(found, runs))


def a_fleet(write: bool) -> None:
    """Measure hydration of many environments."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        found = fleets.measure_fleet(Path(folder).resolve())
    console.table([heading.upper() for heading in fleets.HEADINGS], fleets.rows(found))
    _show(fleets.bars(found))
    if write:
        _write(5, fleets.section(found))


def flux_on_one_cluster(sizes: list[int], write: bool) -> None:
    """Measure Flux with these numbers of Kustomizations on one cluster."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        found = flux.measure_flux(Path(folder).resolve(), sizes)
    console.table([heading.upper() for heading in report_flux.HEADINGS], report_flux.rows(found))
    if write:
        _write(4, report_flux.section(found))


def _show(bars: list[report.Bar]) -> None:
    for bar in bars:
        (console.good if bar.reached else console.warn)(f"{bar.what}: {bar.measured} (bar: {bar.bar})")


def _parts() -> list[str]:
    """Split docs/benchmarks.md by its headings; a missing part is empty."""
    rest, _, fleet = (_TARGET.read_text() if _TARGET.is_file() else "").partition(_FLEET)
    rest, _, flux_part = rest.partition(_FLUX)
    rest, _, page = rest.partition(_PAGE)
    rest, _, review = rest.partition(_REVIEW)
    hydration, _, gates = rest.partition(_GATES)
    return [hydration, gates, review, page, flux_part, fleet]


def _write(number: int, text: str) -> None:
    """Replace one part, and leave the others as they are."""
    parts = _parts()
    parts[number] = text
    headings = ("", _GATES, _REVIEW, _PAGE, _FLUX, _FLEET)
    _TARGET.parent.mkdir(exist_ok=True)
    _TARGET.write_text("".join(f"{heading}{part}" for heading, part in zip(headings, parts, strict=True) if part))
    console.info(f"written: {_TARGET.relative_to(ENGINE)}")


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",") if size.isdigit()]


def main(words: list[str]) -> None:
    """Run the command line of `nox -s bench`: --sizes 10,100 --gates 30,100 --flux 100 --review --page --fleet."""
    parser = argparse.ArgumentParser(prog="nox -s bench --")
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), help="sizes to hydrate, or none (10,100,500,2000)"
    )
    parser.add_argument(
        "--gates",
        default=",".join(map(str, GATE_SIZES)),
        help="sizes for the gates, or none (30,100,500)",
    )
    parser.add_argument("--review", action="store_true", help="measure a review, too; beside dyff if it is on PATH")
    parser.add_argument("--page", action="store_true", help="measure the page of a review, too; needs a browser")
    parser.add_argument("--flux", default="", help="numbers of Kustomizations on one cluster, 100,500,1000 (none)")
    parser.add_argument("--fleet", action="store_true", help="measure 200 and 1,000 environments, too; one round")
    parser.add_argument("--runs", type=int, default=3, help="rounds; the medians count (3)")
    parser.add_argument("--dry", action="store_true", help="don't write docs/benchmarks.md")
    options = parser.parse_args(words)
    with reported():
        sizes = (_sizes(options.sizes), _sizes(options.gates), _sizes(options.flux))
        bench(*sizes, options.review, options.page, options.fleet, options.runs, not options.dry)


if __name__ == "__main__":
    main(sys.argv[1:])

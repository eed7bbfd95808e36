"""Benchmark of the gates on networked platforms of several sizes and on the shipped platform with added components."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from penstock.bench import bundles, networked
from penstock.bench.measure import inv, timed
from penstock.core import console
from penstock.gates.dataflow import pictures
from penstock.platform import dataflow as contract
from penstock.platform.layout import Layout

# The number of components added to the shipped platform.
ADDED = 12
CHECK, SCHEMA, REFERENCES, DATAFLOW = "hydrate-check", "kubeconform", "references", "dataflow"
GATES = (CHECK, SCHEMA, REFERENCES, DATAFLOW)


@dataclass
class GateTimes:
    """Times on one platform: for each gate, the wall and processor seconds of each run."""

    title: str
    count: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def middle(self, gate: str) -> float:
        """The median wall time in seconds."""
        return median(self.seconds[gate])

    def work(self, gate: str) -> float:
        """The median processor time in seconds, of all processes on all cores."""
        return median(self.processor[gate])


def measure_networked(folder: Path, sizes: list[int], runs: int) -> list[GateTimes]:
    """Measure all gates on networked platforms of these sizes, taking turns in `runs` rounds."""
    platforms = [_prepared(folder / str(count), count) for count in sizes]
    results = [GateTimes(f"{count} components", count) for count in sizes]
    for number in range(1, runs + 1):
        for layout, result in zip(platforms, results, strict=True):
            with console.step(f"round {number} of {runs}, the gates over {result.title}"):
                _round(layout, result)
    return results


def measure_shipped_gates(folder: Path, runs: int) -> list[GateTimes]:
    """Measure all gates on a copy of the shipped platform, and on a copy with ADDED large components."""
    alone, more = bundles.copy(folder / "shipped"), bundles.copy(folder / "more")
    bundles.add(more, ADDED)
    platforms = {"the shipped platform": alone, f"the same and {ADDED} large components": more}
    results = []
    for title, layout in platforms.items():
        with console.step(f"preparing {title}"):
            _hydrate(layout)
        result = GateTimes(title, sum(1 for path in layout.components.iterdir() if path.is_dir()))
        with console.step(f"the gates over {title}"):
            for _ in range(runs):
                _round(layout, result)
        results.append(result)
    return results


def _prepared(folder: Path, count: int) -> Layout:
    with console.step(f"preparing {count} components in {len(networked.ENVIRONMENTS)} environments"):
        layout = networked.make(folder, count)
        pictures.draw(layout.root, contract.read(layout.root))
        _hydrate(layout)
    return layout


def _hydrate(layout: Layout) -> None:
    """Hydrate, generate the policies from the manifests, and hydrate these too."""
    for verb in ("hydrate", "network-policies", "hydrate"):
        timed(inv(verb, cwd=layout.root))


def _round(layout: Layout, result: GateTimes) -> None:
    for gate in GATES:
        module = "penstock" if gate == CHECK else "penstock.gates"
        seconds, processor = timed(inv(gate, cwd=layout.root, module=module))
        result.seconds[gate].append(seconds)
        result.processor[gate].append(processor)

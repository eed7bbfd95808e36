"""The results of the gates' benchmark, as a table for a terminal and as a section of docs/benchmarks.md."""

from __future__ import annotations

from itertools import pairwise

from penstock.bench import networked
from penstock.bench.gates import ADDED, DATAFLOW, GATES, REFERENCES, SCHEMA, GateTimes
from penstock.bench.report import Bar, bar_rows, machine, rounds, table, today
from penstock.core.console import seconds

HEADINGS = ["platform", "gate", "wall", "processor", "growth"]
_BARS = {REFERENCES: 10.0, DATAFLOW: 20.0, SCHEMA: 15.0}
_LARGEST, _WITH_MORE = 500, 3.0


def rows(results: list[GateTimes]) -> list[list[str]]:
    """Return one row per platform and gate, under HEADINGS; growth is relative to the previous platform."""
    found = []
    for before, result in zip([None, *results], results, strict=False):
        for gate in GATES:
            growth = f"{result.work(gate) / before.work(gate):.1f} times" if before else ""
            found.append([result.title, gate, seconds(result.middle(gate)), seconds(result.work(gate)), growth])
    return found


def bars(results: list[GateTimes], shipped: list[GateTimes]) -> list[Bar]:
    """Return the design's target figures that this run measured."""
    found = []
    largest = next((result for result in results if result.count == _LARGEST), None)
    for gate, bar in _BARS.items() if largest else ():
        took = largest.middle(gate) if largest else 0.0
        title = f"`{gate}`, {_LARGEST} components in {len(networked.ENVIRONMENTS)} environments"
        found.append(Bar(title, seconds(bar), seconds(took), took <= bar))
    for before, result in pairwise(results):
        more = result.count / before.count
        for gate in GATES:
            growth = result.work(gate) / before.work(gate)
            title = f"`{gate}`, {before.count} to {result.count} components"
            found.append(Bar(title, f"{more:.1f} times, linear", f"{growth:.1f} times", growth <= more))
    for gate in (REFERENCES, DATAFLOW):
        took = shipped[-1].middle(gate)
        title = f"`{gate}`, the shipped platform and {ADDED} large components"
        found.append(Bar(title, seconds(_WITH_MORE), seconds(took), took <= _WITH_MORE))
    return found


def section(results: list[GateTimes], shipped: list[GateTimes], runs: int) -> str:
    """Return the section of docs/benchmarks.md, without its heading."""
    sizes = ",".join(str(result.count) for result in results)
    return f"""\

Measured on {today()}, {machine()}. {rounds(runs)}.

```console
$ nox -s bench -- --sizes none --gates {sizes} --runs {runs}
```

Networked platforms in {len(networked.ENVIRONMENTS)} environments: every component has a Deployment, a Service, a
ServiceAccount, a ConfigMap with the addresses that it calls, a PodDisruptionBudget and a CiliumNetworkPolicy; it calls
two others, and the first scrapes all. Every figure is of the gate as `nox` runs it, over all environments, Python's
start included. `config` checks the programs that it knows and doesn't grow with the number of components;
`hydrate-oracle` costs what `helmfile template` costs, which is above.

{table(HEADINGS, rows(results))}

The shipped platform, and the same with {ADDED} components as large as upstream charts: each has four programs with
their accounts, rights and policies, four dashboards and four CustomResourceDefinitions.

{table(HEADINGS, rows(shipped))}

{table(["what", "bar", "measured", "reached"], bar_rows(bars(results, shipped)))}
"""

"""The results of the benchmark of Flux, as a table for a terminal and as a section of docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.bench.flux import FluxTimes
from penstock.bench.report import machine, table, today
from penstock.core.console import seconds, size
from penstock.tools import flux

HEADINGS = ["Kustomizations", "sources", "kustomize-controller", "all Ready after", "processor", "memory"]
HEADINGS += ["source-controller"]


def rows(found: Sequence[FluxTimes]) -> list[list[str]]:
    """Return one row per measurement, under HEADINGS."""
    return [
        [
            str(each.count),
            str(each.sources),
            str(each.setting),
            seconds(each.wall),
            seconds(each.processor),
            size(each.memory),
            size(each.source),
        ]
        for each in found
    ]


def section(found: Sequence[FluxTimes]) -> str:
    """Return the section of docs/benchmarks.md, without its heading."""
    counts = ",".join(map(str, dict.fromkeys(each.count for each in found)))
    return f"""\

Measured on {today()}, {machine()}, {flux.version()}. One run each.

```console
$ nox -s bench -- --sizes none --gates none --flux {counts}
```

One cluster on kwok, with that many Kustomizations; each applies a Deployment scaled to zero, a ServiceAccount and a
Service, and waits until they are Ready. The sources are GitRepositories of one repository; each ignores the folders of
the others. One commit changes every Deployment. Shards are processes of kustomize-controller, each for the
Kustomizations with its label. Processor and memory are those of its processes alone; the last column is the memory of
source-controller.

{table(HEADINGS, rows(found))}

[What follows from it](how-to/scale.md#flux).
"""

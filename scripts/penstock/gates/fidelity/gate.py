"""The gate fidelity: every difference between a component and its upstream chart has a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from penstock.core import console
from penstock.core.yaml import parse_all
from penstock.gates.fidelity.compare import differences, explained, unused_names
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.hydrate.charts import pulled
from penstock.kube.objects import Object
from penstock.platform import environments
from penstock.platform.environments import Environment
from penstock.platform.layout import UPSTREAM_NAME, Layout
from penstock.platform.manifests import Manifests
from penstock.platform.upstream import Upstream, chart_in, everywhere, upstreams
from penstock.tools import helm

# The same variable as in __main__: a folder with the charts.
CHARTS = "PENSTOCK_CHARTS"
_DIFFERENCE = Rule(
    "fidelity/difference",
    "A component differs from its upstream chart, and no reason is given.",
    "The upstream chart is the best description of what a program needs. A right, a flag or a mount that is missing "
    "here shows only in production, and what a new version adds is easily overlooked.",
    "Follow upstream, or accept the difference with its reason in the component's upstream.yaml.",
)
_STALE = Rule(
    "fidelity/stale-reason",
    "A difference is accepted that no longer exists.",
    "A reason that explains nothing hides the next difference that its pattern happens to match.",
    "Delete the line from upstream.yaml.",
)


@gate("fidelity", rules=[_DIFFERENCE, _STALE], needs=["helm"])
def fidelity(platform: Layout) -> Iterator[Finding | Proven]:
    """Components differ from their upstream charts only where upstream.yaml gives the reason."""
    shared = everywhere(platform)
    used: set[str] = set()
    for component, upstream in upstreams(platform).items():
        file = f"components/{component}/{UPSTREAM_NAME}"
        chart = _chart(file, upstream)
        own: set[str] = set()
        theirs: list[Object] = []
        for name in upstream.environments:
            ours = Manifests(platform.tree(environments.one(platform, name))).objects(component)
            rendered = _rendered(chart, upstream, environments.read(platform, name), ours)
            found = list(differences(rendered, ours, upstream.objects, upstream.paths))
            rest, patterns = explained(found, {**shared, **upstream.accepted})
            for each in rest:
                yield Finding(_DIFFERENCE.id, str(each), _DIFFERENCE.hint, file, environments=(name,))
            yield Proven(
                f"{component}: {len(found) - len(rest)} differences explained ({upstream.name} {upstream.version})",
                name,
            )
            own |= patterns
            theirs += rendered
        used |= own
        stale = [f"`{pattern}` matches no difference" for pattern in upstream.accepted if pattern not in own]
        for message in [*unused_names(theirs, upstream.objects, upstream.paths), *stale]:
            yield Finding(_STALE.id, message, _STALE.hint, file)
    for pattern in sorted(shared.keys() - used):
        message = f"`{pattern}` matches no difference of any component"
        yield Finding(_STALE.id, message, _STALE.hint, UPSTREAM_NAME)


def _rendered(chart: Path, upstream: Upstream, environment: Environment, ours: list[Object]) -> list[Object]:
    """Render the releases of an upstream chart, in the namespace of our objects."""
    kubernetes = environment.kubernetes
    namespace = next(item.namespace for item in ours if item.namespace)
    found = []
    for release, values in upstream.values(environment.name).items():
        with console.step(f"{environment.name}: {upstream.name} {upstream.version}: {release}"):
            text = helm.template(chart, release, namespace, values, kubernetes.version, kubernetes.api_versions)
        found += [Object(release, item, file=upstream.chart) for item in parse_all(text, upstream.chart) if item]
    return found


def _chart(file: str, upstream: Upstream) -> Path:
    folder = os.environ.get(CHARTS)
    return chart_in(Path(folder), upstream) if folder else _pulled(file, upstream)


def _pulled(file: str, upstream: Upstream) -> Path:
    chart = f"{upstream.chart}@{upstream.version}"
    path = pulled(file, chart, upstream.digest, file, "replace the digest, and review what changed")
    if not upstream.digest:
        console.warn(f"{file}: the chart is not pinned")
        console.hint(f"digest: {path.parent.name}")
    return path

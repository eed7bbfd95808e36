"""inv smoke: check that a cluster keeps the platform's promises."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec

from penstock.cluster.smoke.check import Check, Outcome, Result, World, carry_out, is_simulated
from penstock.cluster.smoke.checks import CHECKS
from penstock.cluster.state import state_of
from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.nearest import did_you_mean
from penstock.platform import environments
from penstock.platform.layout import Layout, find_platform
from penstock.platform.manifests import Manifests
from penstock.tools.git import head
from penstock.tools.kubectl import Kubectl


def smoke(environment: str, only: list[str], kubeconfig: str, address: str, as_json: bool) -> None:
    """Run the checks and print their outcomes; raises Findings if one failed."""
    wanted = _pick(only)
    layout = find_platform()
    world = _world(layout, environments.one(layout, environment), kubeconfig, address)
    if not world.kubectl.is_ready():
        raise PenstockError("the API server does not answer", "inv up, or give the --kubeconfig of a cluster that runs")
    simulated = is_simulated(world.kubectl)
    outcomes = []
    for check in wanted:
        console.info(f"  {check.name}")
        outcomes.append(carry_out(check, world, simulated))
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(outcomes)).decode())
    else:
        _show(outcomes)
    failed = [f"{outcome.check}: {outcome.says}" for outcome in outcomes if outcome.result == "failed"]
    if failed:
        looks = [f"{outcome.check}: {outcome.look}" for outcome in outcomes if outcome.look]
        raise Findings(failed, "\n".join(looks))


def _pick(only: list[str]) -> list[Check]:
    known = {check.name: check for check in CHECKS}
    for name in only:
        if name not in known:
            hint = did_you_mean(name, known, f"the checks are {', '.join(known)}")
            raise PenstockError(f"unknown check `{name}`", hint)
    return [known[name] for name in only] if only else list(CHECKS)


def _world(layout: Layout, environment: str, kubeconfig: str, address: str) -> World:
    """Return the cluster of `inv up`, or that of a kubeconfig, which must be at HEAD."""
    manifests = Manifests(layout.tree(environment))
    state = state_of(layout, environment)
    recorded = None if kubeconfig else state.read()
    return World(
        kubectl=Kubectl(Path(kubeconfig).resolve() if kubeconfig else state.kubeconfig),
        components=manifests.components,
        objects=manifests.all_objects(),
        domain=environments.read(layout, environment).cluster.domain,
        revision=recorded.revision if recorded else head(layout.root),
        address=address or "127.0.0.1:80",
        stand_ins=frozenset(recorded.stand_ins.values()) if recorded else frozenset(),
    )


def _show(outcomes: list[Outcome]) -> None:
    rows = [
        [item.check, item.result, console.seconds(item.seconds) if item.seconds else "", item.look or item.says]
        for item in outcomes
    ]
    console.table(["CHECK", "RESULT", "TIME", "SEEN, OR WHAT TO LOOK AT"], rows)
    counts = {result: sum(item.result == result for item in outcomes) for result in get_args(Result)}
    if not counts["stand-in"]:
        del counts["stand-in"]
    console.out(f"smoke: {', '.join(f'{count} {result}' for result, count in counts.items())}")

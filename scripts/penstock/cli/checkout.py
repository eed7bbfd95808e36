"""Verbs for this checkout and this machine: gates, pages, programs."""

from __future__ import annotations

from invoke.context import Context

from penstock.cli.verb import JSON, verb


@verb(iterable=["gate"], help={"gate": "only this gate (may be given several times)"})
def test(_: Context, gate: list[str]) -> None:
    """Run every gate of `nox --list`."""
    from penstock.verbs.test import test as run

    run(gate)


@verb(positional=["rule"], help={"rule": "as a finding ends with it (references/name), or a gate: its rules"})
def explain(_: Context, rule: str) -> None:
    """Explain a rule of a gate."""
    from penstock.verbs.explain import explain as run

    run(rule)


@verb(help={"stdout": "print the picture instead, as mermaid"})
def diagram(_: Context, stdout: bool = False) -> None:
    """Draw dataflow.yaml into README and docs."""
    from penstock.verbs.diagram import diagram as run

    run(stdout)


@verb("network-policies")
def network_policies(_: Context) -> None:
    """Write the network policies from the contract."""
    from penstock.verbs.network_policies import network_policies as run

    run()


@verb()
def reference(_: Context) -> None:
    """Write the pages of docs/reference from the code."""
    from penstock.verbs.reference import reference as run

    run()


@verb(help=JSON | {"build": "build those that are missing", "prune": "remove cached versions that aren't pinned here"})
def tools(_: Context, build: bool = False, prune: bool = False, json: bool = False) -> None:
    """List the pinned programs and where each came from."""
    from penstock.verbs.tools import tools as run

    run(build, prune, json)


@verb(help=JSON)
def doctor(_: Context, json: bool = False) -> None:
    """Report every problem here, each with its fix."""
    from penstock.verbs.doctor import doctor as run

    run(json)


@verb(iterable=["scene"], help={"scene": "only this picture, up or commit (may be given several times)"})
def record(_: Context, scene: list[str]) -> None:
    """Record the README's pictures from real sessions."""
    from penstock.verbs.record import record as run

    run(scene)

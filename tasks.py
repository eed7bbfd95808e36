"""The verbs. `inv --list` shows them, `inv VERB --help` explains one."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from invoke.context import Context
from invoke.tasks import task

from penstock.core.errors import reported


def verb(*arguments: Any, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """A task whose errors are one line, a hint and an exit code; `--debug` adds the traceback."""

    def wrap(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def guarded(context: Context, *values: Any, **named: Any) -> None:
            with reported(debug=logging.getLogger().isEnabledFor(logging.DEBUG)):
                function(context, *values, **named)

        return task(*arguments, **options)(guarded)

    return wrap


_ENV = {"env": "the environment; all of them when it isn't given"}
_JSON = {"json": "print the result as JSON on stdout"}


@verb(iterable=["component"], help=_ENV | _JSON | {"component": "only this component (may be given several times)"})
def hydrate(_: Context, component: list[str], env: str = "", json: bool = False) -> None:
    """Render components/ into manifests/."""
    from penstock.verbs.hydrate import hydrate as run

    run(env or None, component, json)


@verb(help=_ENV | _JSON | {"fast": "compare digests with the lock; needs no tool at all"})
def hydrate_check(_: Context, env: str = "", fast: bool = False, json: bool = False) -> None:
    """Fail when manifests/ isn't what components/ gives."""
    from penstock.verbs.hydrate_check import hydrate_check as run

    run(env or None, fast, json)


@verb(help=_ENV | _JSON | {"base": "the revision to compare with (HEAD)"})
def diff(_: Context, env: str = "", base: str = "HEAD", json: bool = False) -> None:
    """Show what manifests/ will do to the cluster, object by object, against HEAD."""
    from penstock.verbs.diff import diff as run

    run(env or None, base, json)


_ONE = {"env": "the environment (k3d)", "timeout": "seconds that each wait may take (180)"}


@verb(
    help=_ONE
    | {
        "provider": "where the cluster runs: kwok, real control plane and real Flux, pods simulated",
        "merge-kubeconfig": "also add the cluster's context to your own kubeconfig",
    }
)
def up(_: Context, env: str = "", provider: str = "", timeout: float = 180.0, merge_kubeconfig: bool = False) -> None:
    """Bring up a cluster with this platform on it; again is a no-op."""
    from penstock.verbs.up import up as run

    run(env, provider, timeout, merge_kubeconfig)


@verb(help={"env": _ONE["env"]})
def down(_: Context, env: str = "") -> None:
    """End what `up` started and remove its state."""
    from penstock.verbs.up import down as run

    run(env)


@verb(help=_ONE)
def sync(_: Context, env: str = "", timeout: float = 180.0) -> None:
    """Have Flux apply the working tree as it is now."""
    from penstock.verbs.sync import sync as run

    run(env, timeout)


@verb(name="coredns-update", help=_ONE)
def coredns_update(_: Context, env: str = "", timeout: float = 180.0) -> None:
    """Have CoreDNS take components/coredns, and check names from a pod."""
    from penstock.verbs.coredns_update import coredns_update as run

    run(env, timeout)


@verb(help={"env": _ONE["env"]} | _JSON)
def status(_: Context, env: str = "", json: bool = False) -> None:
    """Show phases, nodes, Kustomizations and workloads."""
    from penstock.verbs.status import status as run

    run(env, json)


@verb(
    iterable=["only"],
    help={"env": _ONE["env"]}
    | _JSON
    | {
        "only": "only this check (may be given several times)",
        "kubeconfig": "of a cluster that `inv up` didn't make",
        "address": "where the Gateway answers (127.0.0.1:80)",
    },
)
def smoke(
    _: Context, only: list[str], env: str = "", kubeconfig: str = "", address: str = "", json: bool = False
) -> None:
    """Check that a cluster does what the platform promises."""
    from penstock.verbs.smoke import smoke as run

    run(env, only, kubeconfig, address, json)


@verb(help={"env": _ONE["env"], "name": "a process, such as kube-apiserver", "lines": "how many, from the end (200)"})
def logs(_: Context, name: str, env: str = "", lines: int = 200) -> None:
    """Print the log of one local process."""
    from penstock.verbs.logs import logs as run

    run(name, env, lines)


@verb(help={"stdout": "print the picture instead, as mermaid"})
def diagram(_: Context, stdout: bool = False) -> None:
    """Draw the dataflow into README and docs, from dataflow.yaml."""
    from penstock.verbs.diagram import diagram as run

    run(stdout)


@verb(help=_JSON | {"build": "build those that are missing", "prune": "remove cached versions that aren't pinned here"})
def tools(_: Context, build: bool = False, prune: bool = False, json: bool = False) -> None:
    """List the pinned programs, where each came from, and its size."""
    from penstock.verbs.tools import tools as run

    run(build, prune, json)


@verb(iterable=["gate"], help={"gate": "only this gate (may be given several times)"})
def test(_: Context, gate: list[str]) -> None:
    """Run every gate of `nox --list`, each with its time."""
    from penstock.verbs.test import test as run

    run(gate)


@verb(help=_JSON)
def doctor(_: Context, json: bool = False) -> None:
    """Report every problem of this machine and checkout, with its fix."""
    from penstock.verbs.doctor import doctor as run

    run(json)

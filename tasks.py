"""The verbs. `inv --list` shows them, `inv VERB --help` explains one."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from invoke.context import Context
from invoke.tasks import task

from penstock.core.errors import reported

if TYPE_CHECKING:
    from penstock.verbs.target import Target


def verb(*arguments: Any, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """A task whose errors are one line, a hint and an exit code; `--debug` adds the traceback."""

    def wrap(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def guarded(context: Context, /, *values: Any, **named: Any) -> None:
            with reported(debug=logging.getLogger().isEnabledFor(logging.DEBUG)):
                function(context, *values, **named)

        return task(*arguments, **options)(guarded)

    return wrap


_TARGET = {
    "env": "the environment (the one whose cluster is there, else k3d)",
    "provider": "where the cluster runs: k3d, kind, existing, or kwok, which needs no Docker and simulates pods",
    "context": "of your kubeconfig, for the provider existing",
    "source": "where Flux takes the manifests from: local, this working tree, or remote, what is pushed",
    "timeout": "seconds that each wait may take (180 on kwok, 900 elsewhere)",
    "yes": "don't ask before changing a cluster that others made",
    "dry_run": "print the commands that would change the cluster, and run none",
}
_FLAGS = ("yes", "dry_run")
_OPTION = inspect.Parameter.KEYWORD_ONLY


def on_cluster(name: str = "", fields: Iterable[str] = _TARGET, **more: Any) -> Callable[[Callable[..., None]], Any]:
    """A verb that changes a cluster: its options are `fields` of Target, and `more` (name = (default, help))."""

    def wrap(function: Callable[..., None]) -> Any:
        def run(_: Context, **given: Any) -> None:
            from penstock.verbs.target import Target

            function(Target(**{key: given.pop(key) for key in fields}), **given)

        defaults = {key: False if key in _FLAGS else "" for key in fields} | {
            key: value for key, (value, _) in more.items()
        }
        options = [inspect.Parameter(key, _OPTION, default=value) for key, value in defaults.items()]
        run.__signature__ = inspect.Signature([inspect.Parameter("_", inspect.Parameter.POSITIONAL_ONLY), *options])  # type: ignore[attr-defined]
        run.__doc__, run.__name__ = function.__doc__, function.__name__
        explained = {key: _TARGET[key] for key in fields} | {key: text for key, (_, text) in more.items()}
        return verb(name=name or None, help={key.replace("_", "-"): text for key, text in explained.items()})(run)

    return wrap


_ENV = {"env": "the environment; all of them when it isn't given"}
_JSON = {"json": "print the result as JSON on stdout"}
_PLATFORM = {"platform": "the folder with helmfile.yaml, where it isn't this one or above it ($PENSTOCK_PLATFORM)"}


@verb(
    iterable=["component"],
    help=_ENV | _JSON | _PLATFORM | {"component": "only this component (may be given several times)"},
)
def hydrate(_: Context, component: list[str], env: str = "", json: bool = False, platform: str = "") -> None:
    """Render components/ into manifests/."""
    from penstock.verbs.hydrate import hydrate as run

    run(env or None, component, json, platform)


@verb(help=_ENV | _JSON | _PLATFORM | {"fast": "compare digests with the lock; needs no tool but git"})
def hydrate_check(_: Context, env: str = "", fast: bool = False, json: bool = False, platform: str = "") -> None:
    """Fail when manifests/ isn't what components/ gives."""
    from penstock.verbs.hydrate_check import hydrate_check as run

    run(env or None, fast, json, platform)


@verb(help=_ENV | _JSON | _PLATFORM | {"base": "the revision to compare with (HEAD)"})
def diff(_: Context, env: str = "", base: str = "HEAD", json: bool = False, platform: str = "") -> None:
    """Show what manifests/ will do to a cluster, against HEAD."""
    from penstock.verbs.diff import diff as run

    run(env or None, base, json, platform)


_ONE = {"env": _TARGET["env"]}


@on_cluster(
    phase=("", "only this phase, 1 to 4"),
    merge_kubeconfig=(False, "also add the cluster's context to your own kubeconfig"),
)
def up(target: Target, phase: str, merge_kubeconfig: bool) -> None:
    """Bring up a cluster with this platform on it.

    It acts only where something is missing: again is a no-op.
    """
    from penstock.verbs.up import up as run

    run(target, phase, merge_kubeconfig)


@on_cluster(fields=("env", "dry_run"))
def down(target: Target) -> None:
    """End what `up` started, and remove its state.

    Of a cluster that others made nothing is deleted: it lists what stays there.
    """
    from penstock.verbs.up import down as run

    run(target)


@on_cluster()
def sync(target: Target) -> None:
    """Have Flux apply the manifests as they are now."""
    from penstock.verbs.sync import sync as run

    run(target)


@on_cluster("cluster-create")
def cluster_create(target: Target) -> None:
    """Phase 1, step 1: make the control plane and its nodes."""
    from penstock.verbs.steps import cluster_create as run

    run(target)


@on_cluster("gateway-install")
def gateway_install(target: Target) -> None:
    """Phase 1, step 2: apply the Gateway API's definitions.

    Cilium looks for them when it starts.
    """
    from penstock.verbs.steps import install_component as run

    run(target, "gateway-install", "gateway-api")


@on_cluster("cilium-install")
def cilium_install(target: Target) -> None:
    """Phase 1, step 3: apply Cilium, the pods' network."""
    from penstock.verbs.steps import install_component as run

    run(target, "cilium-install", "cilium")


@on_cluster("coredns-update")
def coredns_update(target: Target) -> None:
    """Phase 1, step 4: have CoreDNS take its configuration.

    It applies components/coredns, restarts CoreDNS, and looks names up in a pod, where pods run.
    """
    from penstock.verbs.coredns_update import coredns_update as run

    run(target)


@on_cluster("flux-install")
def flux_install(target: Target) -> None:
    """Phase 2, step 1: install Flux."""
    from penstock.verbs.steps import flux_install as run

    run(target)


@on_cluster("gitops-setup")
def gitops_setup(target: Target) -> None:
    """Phase 2, step 2: give Flux its Git source."""
    from penstock.verbs.steps import gitops_setup as run

    run(target)


@on_cluster("gitops-enable")
def gitops_enable(target: Target) -> None:
    """Phase 3: have Flux apply all components."""
    from penstock.verbs.steps import gitops_enable as run

    run(target)


@on_cluster("cluster-delete", fields=("env", "dry_run"))
def cluster_delete(target: Target) -> None:
    """Delete a cluster that was made here, as `down` does.

    One that others made is refused.
    """
    from penstock.verbs.up import down as run

    run(target, only_made=True)


@verb(positional=["rule"], help={"rule": "as a finding ends with it (references/name), or a gate: its rules"})
def explain(_: Context, rule: str) -> None:
    """Explain a rule of a gate."""
    from penstock.verbs.explain import explain as run

    run(rule)


@verb(help=_ONE | _JSON)
def status(_: Context, env: str = "", json: bool = False) -> None:
    """Show phases, nodes, Kustomizations and workloads."""
    from penstock.verbs.status import status as run

    run(env, json)


@verb(name="flux-status", help=_ONE | _JSON)
def flux_status(_: Context, env: str = "", json: bool = False) -> None:
    """Show Flux's controllers and sources."""
    from penstock.verbs.gitops import flux_status as run

    run(env, json)


@verb(name="gitops-status", help=_ONE | _JSON)
def gitops_status(_: Context, env: str = "", json: bool = False) -> None:
    """Show what Flux fetched, and its Kustomizations."""
    from penstock.verbs.gitops import gitops_status as run

    run(env, json)


@verb(name="open", help=_ONE | {"write-hosts": "add the names to /etc/hosts, with sudo"})
def open_(_: Context, env: str = "", write_hosts: bool = False) -> None:
    """Print the addresses of the platform's pages.

    And the line of /etc/hosts that they need.
    """
    from penstock.verbs.open import open_pages as run

    run(env, write_hosts)


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
    """Check that a cluster keeps the platform's promises."""
    from penstock.verbs.smoke import smoke as run

    run(env, only, kubeconfig, address, json)


@verb(
    help=_ONE
    | {
        "name": "a process, a controller of Flux, or a workload as namespace/name",
        "lines": "how many, from the end (200)",
    }
)
def logs(_: Context, name: str, env: str = "", lines: str = "200") -> None:
    """Print the log of a local process or a workload's pods."""
    from penstock.verbs.logs import logs as run
    from penstock.verbs.numbers import whole

    run(name, env, whole(lines, "--lines"))


@verb(help={"stdout": "print the picture instead, as mermaid"})
def diagram(_: Context, stdout: bool = False) -> None:
    """Draw dataflow.yaml into README and docs."""
    from penstock.verbs.diagram import diagram as run

    run(stdout)


@verb(name="network-policies")
def network_policies(_: Context) -> None:
    """Write the network policies from the contract."""
    from penstock.verbs.network_policies import network_policies as run

    run()


@verb()
def reference(_: Context) -> None:
    """Write the pages of docs/reference from the code."""
    from penstock.verbs.reference import reference as run

    run()


@verb(help=_JSON | {"build": "build those that are missing", "prune": "remove cached versions that aren't pinned here"})
def tools(_: Context, build: bool = False, prune: bool = False, json: bool = False) -> None:
    """List the pinned programs and where each came from."""
    from penstock.verbs.tools import tools as run

    run(build, prune, json)


@verb(iterable=["gate"], help={"gate": "only this gate (may be given several times)"})
def test(_: Context, gate: list[str]) -> None:
    """Run every gate of `nox --list`."""
    from penstock.verbs.test import test as run

    run(gate)


@verb(help=_JSON)
def doctor(_: Context, json: bool = False) -> None:
    """Report every problem here, each with its fix."""
    from penstock.verbs.doctor import doctor as run

    run(json)

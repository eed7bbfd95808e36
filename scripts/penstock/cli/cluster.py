"""Verbs for a cluster as a whole."""

from __future__ import annotations

from invoke.context import Context

from penstock.cli.verb import DRY_RUN, ENV, JSON, TARGET, verb
from penstock.verbs.options import Target


@verb(
    help=TARGET
    | {
        "phase": "only this phase, 1 to 4",
        "merge_kubeconfig": "also add the cluster's context to your own kubeconfig",
        "images": "a folder with archives of images, which the nodes load before any pod starts",
    }
)
def up(_: Context, target: Target, phase: int = 0, merge_kubeconfig: bool = False, images: str = "") -> None:
    """Bring up a cluster with this platform on it.

    It acts only where something is missing: again is a no-op.
    """
    from penstock.verbs.up import up as run

    run(target, phase, merge_kubeconfig, images)


@verb(help=ENV | DRY_RUN)
def down(_: Context, env: str = "", dry_run: bool = False) -> None:
    """End what `up` started, and remove its state.

    It deletes nothing of an external cluster: it lists what stays there.
    """
    from penstock.verbs.up import down as run

    run(Target(env=env, dry_run=dry_run))


@verb("cluster-delete", help=ENV | DRY_RUN)
def cluster_delete(_: Context, env: str = "", dry_run: bool = False) -> None:
    """Delete a cluster that was made here, as `down` does.

    It refuses an external cluster.
    """
    from penstock.verbs.up import down as run

    run(Target(env=env, dry_run=dry_run), only_made=True)


@verb(help=TARGET)
def sync(_: Context, target: Target) -> None:
    """Have Flux apply the manifests as they are now.

    Committed or not; it also applies again what was changed by hand.
    """
    from penstock.verbs.sync import sync as run

    run(target)


@verb(help=ENV | JSON)
def status(_: Context, env: str = "", json: bool = False) -> None:
    """Show phases, nodes, Kustomizations and workloads."""
    from penstock.verbs.status import status as run

    run(env, json)


@verb("flux-status", help=ENV | JSON)
def flux_status(_: Context, env: str = "", json: bool = False) -> None:
    """Show Flux's controllers and sources."""
    from penstock.verbs.gitops import flux_status as run

    run(env, json)


@verb("gitops-status", help=ENV | JSON)
def gitops_status(_: Context, env: str = "", json: bool = False) -> None:
    """Show what Flux fetched, and its Kustomizations."""
    from penstock.verbs.gitops import gitops_status as run

    run(env, json)


@verb("open", help=ENV | {"write_hosts": "add the names to /etc/hosts, with sudo"})
def open_(_: Context, env: str = "", write_hosts: bool = False) -> None:
    """Print the addresses of the platform's pages.

    And the line of /etc/hosts that they need.
    """
    from penstock.verbs.open import open_pages as run

    run(env, write_hosts)


@verb(
    iterable=["only"],
    help=ENV
    | JSON
    | {
        "only": "only this check (may be given several times)",
        "kubeconfig": "of a cluster that `inv up` didn't make",
        "address": "where the Gateway answers (127.0.0.1:80)",
    },
)
def smoke(
    _: Context, only: list[str], env: str = "", kubeconfig: str = "", address: str = "", json: bool = False
) -> None:
    """Check that a cluster keeps the platform's promises.

    On kwok the checks that need pods are not applicable.
    """
    from penstock.verbs.smoke import smoke as run

    run(env, only, kubeconfig, address, json)


@verb(
    help=ENV
    | {
        "name": "a process, a controller of Flux, or a workload as namespace/name",
        "lines": "how many, from the end (200)",
    }
)
def logs(_: Context, name: str, env: str = "", lines: int = 200) -> None:
    """Print the log of a local process or a workload's pods."""
    from penstock.verbs.logs import logs as run

    run(name, env, lines)

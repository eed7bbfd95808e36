"""The steps of `inv up` as separate verbs."""

from __future__ import annotations

from invoke.context import Context

from penstock.cli.verb import TARGET, verb
from penstock.verbs.options import Target


@verb("cluster-create", help=TARGET)
def cluster_create(_: Context, target: Target) -> None:
    """Phase 1, step 1: make the control plane and its nodes."""
    from penstock.verbs.steps import cluster_create as run

    run(target)


@verb("gateway-install", help=TARGET)
def gateway_install(_: Context, target: Target) -> None:
    """Phase 1, step 2: apply the Gateway API's definitions.

    Cilium looks for them when it starts.
    """
    from penstock.verbs.steps import install_component as run

    run(target, "gateway-install", "gateway-api")


@verb("cilium-install", help=TARGET)
def cilium_install(_: Context, target: Target) -> None:
    """Phase 1, step 3: apply Cilium, the pods' network."""
    from penstock.verbs.steps import install_component as run

    run(target, "cilium-install", "cilium")


@verb("coredns-update", help=TARGET)
def coredns_update(_: Context, target: Target) -> None:
    """Phase 1, step 4: have CoreDNS take its configuration.

    It applies components/coredns, restarts CoreDNS, and looks names up in a pod, where pods run.
    """
    from penstock.verbs.coredns_update import coredns_update as run

    run(target)


@verb("flux-install", help=TARGET)
def flux_install(_: Context, target: Target) -> None:
    """Phase 2, step 1: install Flux."""
    from penstock.verbs.steps import flux_install as run

    run(target)


@verb("gitops-setup", help=TARGET)
def gitops_setup(_: Context, target: Target) -> None:
    """Phase 2, step 2: give Flux its Git source."""
    from penstock.verbs.steps import gitops_setup as run

    run(target)


@verb("gitops-enable", help=TARGET)
def gitops_enable(_: Context, target: Target) -> None:
    """Phase 3: have Flux apply all components."""
    from penstock.verbs.steps import gitops_enable as run

    run(target)

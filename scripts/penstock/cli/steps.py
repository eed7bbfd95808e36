"""The steps of `inv up` as verbs of their own."""

from __future__ import annotations

from invoke.context import Context

from penstock.cli.verb import TARGET, verb


@verb("cluster-create", help=TARGET)
def cluster_create(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 1, step 1: make the control plane and its nodes."""
    from penstock.verbs.steps import cluster_create as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run))


@verb("gateway-install", help=TARGET)
def gateway_install(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 1, step 2: apply the Gateway API's definitions.

    Cilium looks for them when it starts.
    """
    from penstock.verbs.steps import install_component as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run), "gateway-install", "gateway-api")


@verb("cilium-install", help=TARGET)
def cilium_install(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 1, step 3: apply Cilium, the pods' network."""
    from penstock.verbs.steps import install_component as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run), "cilium-install", "cilium")


@verb("coredns-update", help=TARGET)
def coredns_update(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 1, step 4: have CoreDNS take its configuration.

    It applies components/coredns, restarts CoreDNS, and looks names up in a pod, where pods run.
    """
    from penstock.verbs.coredns_update import coredns_update as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run))


@verb("flux-install", help=TARGET)
def flux_install(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 2, step 1: install Flux."""
    from penstock.verbs.steps import flux_install as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run))


@verb("gitops-setup", help=TARGET)
def gitops_setup(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 2, step 2: give Flux its Git source."""
    from penstock.verbs.steps import gitops_setup as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run))


@verb("gitops-enable", help=TARGET)
def gitops_enable(
    _: Context,
    env: str = "",
    provider: str = "",
    context: str = "",
    source: str = "",
    timeout: int = 0,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Phase 3: have Flux apply all components."""
    from penstock.verbs.steps import gitops_enable as run
    from penstock.verbs.target import Target

    run(Target(env, provider, context, source, timeout, yes, dry_run))

"""The registry of providers, and the choice of one for a cluster."""

from __future__ import annotations

from penstock.cluster.providers.existing import Existing
from penstock.cluster.providers.k3d import K3d
from penstock.cluster.providers.kind import Kind
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.providers.provider import Provider
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.platform.cluster import Cluster

# Without --provider, the first that this machine can run is used; an existing cluster only on request.
BY_DEFAULT: tuple[Provider, ...] = (K3d(), Kind())
FALLBACK = Kwok()
"""Runs every environment on any machine."""
PROVIDERS: dict[str, Provider] = {each.name: each for each in (*BY_DEFAULT, FALLBACK, Existing())}


def named(name: str) -> Provider:
    """Return the provider of this name; raises PenstockError if there is none."""
    if name not in PROVIDERS:
        raise PenstockError(
            f"unknown provider `{name}`: the providers are {', '.join(PROVIDERS)}",
            did_you_mean(name, PROVIDERS, f"use one of {', '.join(PROVIDERS)}"),
        )
    return PROVIDERS[name]


def choose(environment: str, cluster: Cluster, requested: str) -> Provider:
    """Return the requested provider, else the first default that fits and that this machine can run, else the fallback.

    Reports why a default isn't used; raises PenstockError if the environment can't run on the requested one.
    """
    if requested:
        provider = named(requested)
        reason = provider.fits(cluster)
        if reason:
            raise PenstockError(
                f"the environment {environment} can't run on {requested}: {reason}",
                f"it can on {', '.join(name for name, each in PROVIDERS.items() if not each.fits(cluster))}",
            )
        return provider
    reasons = []
    for provider in fitting(cluster):
        lacks = provider.missing()
        if not lacks:
            return provider
        reasons.append(f"no {provider.name}: {lacks}")
    if reasons:
        console.info(f"  {'; '.join(reasons)}")
    return FALLBACK


def fitting(cluster: Cluster) -> list[Provider]:
    """Return the default providers that an environment can run on, whether or not this machine can."""
    return [provider for provider in BY_DEFAULT if not provider.fits(cluster)]


def suited(environments: dict[str, Cluster], requested: str) -> str:
    """Return the first environment for the requested provider, or for a default one that is usable; else the first."""
    for provider in [named(requested)] if requested else BY_DEFAULT:
        names = [name for name, cluster in environments.items() if not provider.fits(cluster)]
        if names and (requested or not provider.missing()):
            return names[0]
    return next(iter(environments))

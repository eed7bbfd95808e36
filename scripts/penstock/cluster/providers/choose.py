"""Which provider a cluster gets: the wanted one, else a real one that this machine can run, else kwok."""

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

PROVIDERS: dict[str, Provider] = {each.name: each for each in (K3d(), Kind(), Kwok(), Existing())}
# An existing cluster is used only on request.
_BY_ITSELF = ("k3d", "kind")


def by_itself() -> list[Provider]:
    """The providers that are taken without being asked for, the first that works."""
    return [PROVIDERS[name] for name in _BY_ITSELF]


def named(name: str) -> Provider:
    """The provider of this name; PenstockError when there is none."""
    if name not in PROVIDERS:
        raise PenstockError(
            f"unknown provider `{name}`: the providers are {', '.join(PROVIDERS)}",
            did_you_mean(name, PROVIDERS, f"use one of {', '.join(PROVIDERS)}"),
        )
    return PROVIDERS[name]


def choose(environment: str, cluster: Cluster, wanted: str) -> Provider:
    """The provider that was asked for, else a real one that this machine can run, else kwok; says why."""
    if wanted:
        provider = named(wanted)
        reason = provider.fits(cluster)
        if reason:
            raise PenstockError(
                f"the environment {environment} can't run on {wanted}: {reason}",
                f"it can on {', '.join(name for name, each in PROVIDERS.items() if not each.fits(cluster))}",
            )
        return provider
    reasons = []
    for name in _BY_ITSELF:
        if not PROVIDERS[name].fits(cluster):
            lacks = PROVIDERS[name].missing()
            if not lacks:
                return PROVIDERS[name]
            reasons.append(f"no {name}: {lacks}")
    if reasons:
        console.info(f"  {'; '.join(reasons)}")
    return PROVIDERS["kwok"]


def suited(environments: dict[str, Cluster], wanted: str) -> str:
    """The first environment that the wanted provider can run, or this machine by itself; else the first of all."""
    names = (named(wanted).name,) if wanted else _BY_ITSELF
    for provider in names:
        fitting = [name for name, cluster in environments.items() if not PROVIDERS[provider].fits(cluster)]
        if fitting and (wanted or not PROVIDERS[provider].missing()):
            return fitting[0]
    return next(iter(environments))

"""Choose a verb's cluster by its options, the existing clusters, and what this machine can run."""

from __future__ import annotations

import sys

from penstock.cluster.providers import choose
from penstock.cluster.providers.provider import Provider
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, Source, state_of
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gitops import remote
from penstock.hydrate.fast import failure, fast_findings
from penstock.platform import environments
from penstock.platform.layout import Layout, find_platform
from penstock.tools.git import head
from penstock.verbs.options import Target


def begin(target: Target) -> Session:
    """Return the session of a verb that changes a cluster; raises PenstockError if a check beforehand fails."""
    layout = find_platform()
    name = environment(layout, target.env, target.provider)
    head(layout.root)
    settings, state = environments.cluster(layout, name), state_of(layout, name)
    recorded = state.read() if state.exists else None
    _refuse_other(recorded, target)
    provider = choose.named(recorded.provider) if recorded else choose.choose(name, settings, target.provider)
    if target.context and provider.makes:
        raise PenstockError(
            f"the provider {provider.name} makes its own context, and takes no --context",
            "--provider existing takes the cluster of a context",
        )
    if recorded is None:
        recorded = ClusterState(provider=provider.name, environment=name, cluster=settings.name, context=target.context)
    if not provider.makes and not recorded.context:
        raise PenstockError("which cluster? No context was given", "add --context NAME: kubectl config get-contexts")
    refuse_stale(layout, name)
    recorded.source = _source(provider, target.source or (recorded.source if state.exists else ""))
    return Session(layout, name, state, recorded, target.timeout or provider.timeout, provider, settings)


def running(target: Target, first: str = "inv up") -> Session:
    """Return the session of a verb that needs a cluster; raises PenstockError, which hints at `first`, without one."""
    layout = find_platform()
    if not target.dry_run and not state_of(layout, environment(layout, target.env, target.provider)).exists:
        raise PenstockError("there is no cluster here", f"run `{first}`")
    return begin(target)


def looking(env: str, timeout: float = 10.0) -> Session:
    """Return the session of a verb that only reads; raises PenstockError if there is no cluster."""
    layout = find_platform()
    name = environment(layout, env)
    state = state_of(layout, name)
    recorded = state.read()
    return Session(
        layout, name, state, recorded, timeout, choose.named(recorded.provider), environments.cluster(layout, name)
    )


def environment(layout: Layout, wanted: str, provider: str = "") -> str:
    """Return the requested environment, else the one with a cluster, else one that suits the provider or the machine.

    Raises PenstockError if several have clusters: no verb may guess which one is meant.
    """
    if wanted:
        return environments.one(layout, wanted)
    known = environments.names(layout)
    there = [name for name in known if _is_there(layout, name, provider)]
    if len(there) > 1:
        raise PenstockError(
            f"there are clusters of {' and '.join(there)}", f"say which one is meant: -e {' or -e '.join(there)}"
        )
    if there:
        return there[0]
    usual = environments.one(layout, "")
    order = [usual, *(name for name in known if name != usual)]
    return choose.suited({name: environments.cluster(layout, name) for name in order}, provider)


def refuse_stale(layout: Layout, environment: str) -> None:
    """Raise Findings if manifests/ is stale: a cluster gets only what was hydrated."""
    findings = fast_findings(layout, environment)
    if findings:
        raise failure(findings, f"run `inv hydrate -e {environment}`, look at `git diff manifests/`, then run it again")


def refuse_unpushed(session: Session) -> None:
    """Raise PenstockError if Flux uses the remote, but wouldn't find HEAD there."""
    if session.recorded.source == "remote":
        remote.of(session.layout, session.environment)


def confirm(session: Session, target: Target, what: str) -> None:
    """Ask before changing an external cluster; raises PenstockError without a terminal, or if the answer is no."""
    if session.provider.makes or target.yes:
        return
    if not sys.stdin.isatty():
        raise PenstockError(f"{what} would change the cluster of the context {session.recorded.context}", "add --yes")
    console.info(f"{what} will change the cluster of the context {session.recorded.context}. Type its name to go on:")
    try:
        typed = input().strip()
    except EOFError:
        typed = ""
    if typed != session.recorded.context:
        raise PenstockError("that is not its name; nothing was changed", "run it again, or add --yes")


def _is_there(layout: Layout, name: str, provider: str) -> bool:
    """Whether an environment has a cluster, on a provider if one is given."""
    state = state_of(layout, name)
    return state.exists and (not provider or state.read().provider == provider)


def _refuse_other(recorded: ClusterState | None, target: Target) -> None:
    """Raise PenstockError if the options contradict an existing cluster."""
    if recorded is None:
        return
    for what, wanted, there in (
        ("provider", target.provider, recorded.provider),
        ("context", target.context, recorded.context),
    ):
        if wanted and wanted != there:
            runs_on = " ".join(filter(None, (recorded.provider, recorded.context)))
            raise PenstockError(
                f"{recorded.environment} already runs on {runs_on}",
                f"leave --{what} away, or take it down first: inv down -e {recorded.environment}",
            )


def _source(provider: Provider, requested: str) -> Source:
    for source in provider.sources:
        if requested in ("", source):
            return source
    raise PenstockError(
        f"the provider {provider.name} can't take the source `{requested}`",
        f"it takes --source {' or '.join(provider.sources)}",
    )

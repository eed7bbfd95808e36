"""inv up: a cluster with the platform on it, from this working tree."""

from __future__ import annotations

import time

from penstock.cluster import kubeconfig, kwok, phases, processes
from penstock.cluster.session import Session
from penstock.cluster.state import Noted, State, state_of
from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import Layout, find_platform
from penstock.hydrate import environments
from penstock.hydrate.compare import fast_findings
from penstock.tools.git import head
from penstock.verbs.status import show

PROVIDERS = [kwok.NAME]


def up(environment: str, provider: str, timeout: float, merge: bool) -> None:
    """Go through the four phases; each acts only where something is missing, so running it again is cheap."""
    start = time.monotonic()
    session = begin(environment, provider, timeout)
    with session.state.exclusive():
        console.info(kwok.BANNER)
        kwok.prepare()
        session.state.prepare()
        session.state.write(session.noted)
        phases.run(session, phases.PHASES)
        context = kubeconfig.merge(session, kubeconfig.users_own()) if merge else ""
    show(session)
    console.info("")
    console.good(f"{session.environment} is up on {kwok.NAME} after {console.seconds(time.monotonic() - start)}")
    if context:
        console.info(f"  kubectl --context {context} get pods -A   (in {session.noted.merged_into})")
    console.info(f"  export KUBECONFIG={session.state.kubeconfig}")
    console.info("  inv status, inv logs NAME, inv sync after an edit, inv down")


def begin(environment: str, provider: str, timeout: float) -> Session:
    """Check everything that can be checked before anything is started; PenstockError says what is wrong."""
    layout = find_platform()
    name = environments.one(layout, environment)
    if provider and provider not in PROVIDERS:
        raise PenstockError(f"unknown provider `{provider}`", f"the providers are {', '.join(PROVIDERS)}")
    head(layout.root)
    refuse_stale(layout, name)
    state = state_of(layout, name)
    noted = state.read() if state.exists else Noted(provider=provider or kwok.NAME, environment=name)
    first, domain = tuple(environments.bootstrap(layout, name)), environments.read(layout, name).cluster.domain
    return Session(layout, name, state, noted, timeout, first, domain)


def refuse_stale(layout: Layout, environment: str) -> None:
    """Findings when manifests/ isn't what its sources give: a cluster gets only what was hydrated."""
    findings = fast_findings(layout, environment)
    if findings:
        raise Findings(
            findings, f"run `inv hydrate -e {environment}`, look at `git diff manifests/`, then run it again"
        )


def down(environment: str) -> None:
    """End what `up` started, and only that; remove the state. Safe to run twice."""
    layout = find_platform()
    name = environments.one(layout, environment)
    state = state_of(layout, name)
    if not state.folder.exists():
        console.good(f"{name}: there is no cluster here")
        return
    with state.exclusive():
        stopped = _stop(state)
        state.remove()
    console.good(f"{name}: ended {', '.join(stopped) or 'nothing (no process was left)'}, and removed {state.folder}")


def _stop(state: State) -> list[str]:
    noted = state.read() if state.exists else Noted(provider=kwok.NAME, environment=state.folder.name)
    kubeconfig.unmerge(noted, state.kubeconfig)
    kwok.adopt(state, noted)
    return processes.stop_all(noted)

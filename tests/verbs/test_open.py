"""inv open: the pages' addresses, and what makes their names known."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.verbs import open as verb
from support import Platform

Up = Callable[..., Platform]
NAMES = ["grafana.example", "hubble.example"]


@pytest.fixture
def up(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Up:
    """A platform with two pages that is up on a provider, with these settings of its cluster; we stand in it."""

    def make(provider: str, secure: bool = False, names: list[str] = NAMES, **settings: object) -> Platform:
        listener = {"name": "web", "port": 443 if secure else 80, "protocol": "HTTPS" if secure else "HTTP"}
        gateway = {"kind": "Gateway", "metadata": {"name": "platform"}, "spec": {"listeners": [listener]}}
        good.write(
            "manifests/local/greeting/gateway.yaml",
            yaml.dump({"apiVersion": "gateway.networking.k8s.io/v1", **gateway}),
        )
        for number, name in enumerate(names):
            route = {"kind": "HTTPRoute", "metadata": {"name": name}, "spec": {"hostnames": [name]}}
            good.write(
                f"manifests/local/greeting/route-{number}.yaml",
                yaml.dump({"apiVersion": "gateway.networking.k8s.io/v1", **route}),
            )
        good.write("environments/local.yaml", yaml.dump({"cluster": {"name": "tiny", **settings}}))
        recorded = {"provider": provider, "environment": "local", "phase": 4, "context": "theirs"}
        good.write(".penstock/local/state.json", json.dumps(recorded))
        monkeypatch.chdir(good.root)
        return good

    return make


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    return path


def test_on_kwok_nothing_answers(up: Up, hosts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up("kwok")
    verb.open_pages("", write_hosts=True, hosts=hosts)
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"http://{name}" for name in NAMES]
    assert "nothing answers there: on kwok no pod runs" in said.err
    assert hosts.read_text() == "127.0.0.1 localhost\n"


@pytest.mark.parametrize(
    ("settings", "secure", "address"),
    [
        ({}, False, "http://grafana.example"),
        ({"http": 8080, "https": 8443}, False, "http://grafana.example:8080"),
        ({"http": 8080, "https": 8443}, True, "https://grafana.example:8443"),
        ({}, True, "https://grafana.example"),
    ],
)
@pytest.mark.parametrize("provider", ["k3d", "kind"])
def test_in_docker_the_ports_are_those_that_were_published(
    up: Up,
    hosts: Path,
    capsys: pytest.CaptureFixture[str],
    provider: str,
    settings: dict[str, int],
    secure: bool,
    address: str,
) -> None:
    up(provider, secure, **{provider: {"image": "x", **settings}})
    verb.open_pages("", write_hosts=False, hosts=hosts)
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == address
    assert said.out.splitlines()[-1] == "127.0.0.1 grafana.example hubble.example"
    assert f"in {hosts}, which `inv open --write-hosts` adds:" in said.err
    assert hosts.read_text() == "127.0.0.1 localhost\n"


def test_of_a_cluster_of_others_the_names_are_its_dns_matter(
    up: Up, hosts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    up("existing", True, existing={"server": "https://x"}, kind={"image": "x", "https": 8443})
    verb.open_pages("", write_hosts=True, hosts=hosts)
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"https://{name}" for name in NAMES]
    assert "kubectl -n gateway get gateway" in said.err
    assert hosts.read_text() == "127.0.0.1 localhost\n"


def test_the_line_is_added_once(up: Up, hosts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up("kind", kind={"image": "x"})
    for _ in range(2):
        verb.open_pages("", write_hosts=True, hosts=hosts)
    assert hosts.read_text() == "127.0.0.1 localhost\n127.0.0.1 grafana.example hubble.example\n"
    said = capsys.readouterr()
    assert f"added to {hosts}: 127.0.0.1 grafana.example hubble.example" in said.err
    assert f"{hosts} has all of these names" in said.err


@pytest.mark.parametrize(
    "line", ["127.0.0.1 grafana.example", "#127.0.0.1 grafana.example hubble.example", "10.0.0.1 grafana.example"]
)
def test_a_name_that_is_missing_commented_out_or_elsewhere_is_not_known(
    up: Up, hosts: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    up("kind", kind={"image": "x"})
    hosts.write_text(f"{line}\n")
    verb.open_pages("", write_hosts=False, hosts=hosts)
    assert "has all of these names" not in capsys.readouterr().err


def test_whoever_may_not_write_it_asks_sudo(
    up: Up, hosts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up("kind", kind={"image": "x"})
    monkeypatch.setattr(verb, "os", SimpleNamespace(access=lambda *_: False, W_OK=os.W_OK))
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    monkeypatch.setenv("PATH", str(bin_))
    with pytest.raises(PenstockError, match="sudo is not on PATH") as caught:
        verb.open_pages("", write_hosts=True, hosts=hosts)
    assert caught.value.hint.startswith("as root: printf")
    sudo = bin_ / "sudo"
    sudo.write_text("#!/bin/sh\nexit 1\n")
    sudo.chmod(0o755)
    with pytest.raises(PenstockError, match=r"was not changed \(exit 1\)"):
        verb.open_pages("", write_hosts=True, hosts=hosts)
    assert hosts.read_text() == "127.0.0.1 localhost\n"
    sudo.write_text('#!/bin/sh\nPATH=/usr/bin:/bin exec "$@"\n')
    verb.open_pages("", write_hosts=True, hosts=hosts)
    assert hosts.read_text().endswith("127.0.0.1 grafana.example hubble.example\n")


def test_a_platform_without_pages_and_one_without_a_cluster(up: Up, hosts: Path) -> None:
    made = up("kind", names=[], kind={"image": "x"})
    with pytest.raises(PenstockError, match="has no HTTPRoute with a host name"):
        verb.open_pages("", write_hosts=False, hosts=hosts)
    (made.root / ".penstock" / "local" / "state.json").unlink()
    with pytest.raises(PenstockError, match="there is no cluster here"):
        verb.open_pages("", write_hosts=False, hosts=hosts)

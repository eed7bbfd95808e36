"""inv images: every image of an environment once, with what uses it."""

from __future__ import annotations

import json

import pytest

from penstock.core.errors import PenstockError
from penstock.verbs.images import list_images
from support import Platform

WORKLOAD = """\
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: server, image: "{image}"}}]
      initContainers: [{{name: init, image: "town/init@sha256:{digest}"}}]
"""
DIGEST = "0a" * 32
FLUX = WORKLOAD.format(
    kind="Deployment",
    name="source-controller",
    namespace="flux-system",
    image="ghcr.io/fluxcd/source-controller:v1.9.4",
    digest=DIGEST,
)


@pytest.fixture
def town(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform with two workloads of one image, and nodes of kind; we stand in it."""
    good.write(
        "manifests/local/flux-system/kustomization-greeting.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: greeting, namespace: flux-system}\n",
    )
    for kind in ("Deployment", "DaemonSet"):
        text = WORKLOAD.format(kind=kind, name="server", namespace="town", image="town/server:1", digest=DIGEST)
        good.write(f"manifests/local/greeting/{kind.lower()}-server.yaml", text)
    good.write(
        "environments/local.yaml",
        "cluster: {name: tiny, kind: {image: 'kindest/node:v1.37.0'}}\nkubernetes: {version: 1.37.0}\n",
    )
    monkeypatch.chdir(good.root)
    return good


def test_an_image_is_listed_once_with_its_users(town: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    list_images("", as_json=True)
    listed = {item["image"]: item for item in json.loads(capsys.readouterr().out)}
    users = ["DaemonSet town/server", "Deployment town/server"]
    assert listed["docker.io/town/server:1"]["users"] == users
    assert listed[f"docker.io/town/init@sha256:{DIGEST}"]["users"] == users
    assert listed["docker.io/kindest/node:v1.37.0"]["users"] == ["the nodes of kind"]
    assert listed["docker.io/library/busybox:1.37.0"]["users"] == ["inv up, inv smoke"]


def test_without_the_flux_program_its_images_are_reported_as_missing(
    town: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    list_images("local", as_json=False)
    shown = capsys.readouterr()
    assert "docker.io/town/server" in shown.out
    assert "4 images, 1 of them pinned by digest" in shown.err
    assert "warning: the images of Flux are not listed: flux is not on PATH\n  hint: mise install flux2@" in shown.err


def test_those_of_flux_are_asked_of_its_program(
    town: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = "2.9.4"
    (town.root / "bin").mkdir()
    (town.root / "export.yaml").write_text(FLUX)
    program = town.root / "bin" / "flux"
    program.write_text(
        "#!/bin/sh\n"
        f'test "$1" = --version && echo "flux version {pin}" && exit\n'
        f'test "$1 $2 $4" = "install --version=v{pin} --export" || exit 3\n'
        f"cat {town.root}/export.yaml\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{town.root}/bin:/usr/bin:/bin")
    list_images("local", as_json=True)
    listed = {item["image"]: item for item in json.loads(capsys.readouterr().out)}
    assert listed["ghcr.io/fluxcd/source-controller:v1.9.4"]["users"] == ["Deployment flux-system/source-controller"]


def test_an_unknown_environment_is_refused(town: Platform) -> None:
    with pytest.raises(PenstockError, match="unknown environment `lokal`") as caught:
        list_images("lokal", as_json=False)
    assert caught.value.hint == "did you mean `local`?"

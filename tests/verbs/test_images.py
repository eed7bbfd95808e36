"""inv images: every image of an environment once, with what uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from image_support import docker, oci
from penstock.core.errors import PenstockError
from penstock.tools import image_cache
from penstock.tools.archives import ARCHITECTURE
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
    assert listed[image_cache.IMAGE]["users"] == ["the image caches of inv up"]


def test_without_the_flux_program_its_images_are_reported_as_missing(
    town: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    list_images("local", as_json=False)
    shown = capsys.readouterr()
    assert "docker.io/town/server" in shown.out
    assert "5 images, 2 of them pinned by digest" in shown.err
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
        f'test "$1 $2 $3" = "install --export --version=v{pin}" || exit 3\n'
        f"cat {town.root}/export.yaml\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{town.root}/bin:/usr/bin:/bin")
    list_images("local", as_json=True)
    listed = {item["image"]: item for item in json.loads(capsys.readouterr().out)}
    assert listed["ghcr.io/fluxcd/source-controller:v1.9.4"]["users"] == ["Deployment flux-system/source-controller"]


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A folder with one image in each layout; the others of the platform are in none."""
    folder = tmp_path / "archives"
    folder.mkdir()
    oci(folder / "init.tar", f"docker.io/town/init@sha256:{DIGEST}", layers=3 << 20, architecture=ARCHITECTURE)
    docker(folder / "server.tar", "town/server:1", architecture=ARCHITECTURE)
    return folder


def test_sizes_are_those_of_the_archives(town: Platform, archives: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list_images("", as_json=True, folder=str(archives))
    sizes = {item["repository"]: item["size"] for item in json.loads(capsys.readouterr().out)}
    assert sizes["docker.io/town/init"] == 3 << 20
    assert sizes["docker.io/town/server"] == 4
    assert sizes["docker.io/library/busybox"] is None
    list_images("", as_json=False, folder=str(archives))
    shown = capsys.readouterr()
    assert "3.0 MiB" in shown.out
    assert "pinned by digest, 3.0 MiB in archives" in shown.err


def test_the_bill_of_materials_is_valid_and_names_what_uses_an_image(
    town: Platform, archives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_images("", as_json=False, as_sbom=True, folder=str(archives))
    printed = capsys.readouterr().out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(printed) is None
    components = {item["bom-ref"]: item for item in json.loads(printed)["components"]}
    init = components[f"docker.io/town/init@sha256:{DIGEST}"]
    assert (init["type"], init["name"], init["version"]) == ("container", "docker.io/town/init", f"sha256:{DIGEST}")
    assert init["purl"] == f"pkg:oci/init@sha256:{DIGEST}?repository_url=docker.io/town/init"
    assert init["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    assert {(item["name"], item["value"]) for item in init["properties"]} == {
        ("penstock:used-by", "DaemonSet town/server"),
        ("penstock:used-by", "Deployment town/server"),
        ("penstock:size-in-bytes", str(3 << 20)),
    }
    server = components["docker.io/town/server:1"]
    assert "hashes" not in server
    assert (server["version"], server["purl"]) == ("1", "pkg:oci/server?repository_url=docker.io/town/server&tag=1")


def test_two_formats_are_refused(town: Platform) -> None:
    with pytest.raises(PenstockError, match="--json and --sbom are two formats"):
        list_images("", as_json=True, as_sbom=True)


def test_an_unknown_environment_is_refused(town: Platform) -> None:
    with pytest.raises(PenstockError, match="unknown environment `lokal`") as caught:
        list_images("lokal", as_json=False)
    assert caught.value.hint == "did you mean `local`?"

"""Archives of images: the names that nodes will know, and what is no archive."""

from __future__ import annotations

import json
import platform
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from image_support import NAME, Files, config, docker, oci
from penstock.core.errors import PenstockError
from penstock.tools.archives import in_folder, read, rename

DIGEST = "sha256:" + "0a" * 32


@pytest.fixture(autouse=True)
def amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.tools.archives.ARCHITECTURE", "amd64")


@pytest.mark.parametrize("write", [oci, docker])
def test_an_image_has_its_name_and_its_id(write: Callable[[Path], str], tmp_path: Path) -> None:
    identity = write(tmp_path / "server.tar")
    (archive,) = in_folder(tmp_path)
    assert archive.path == tmp_path / "server.tar"
    assert archive.images == {NAME: identity}


def test_a_label_marks_a_stand_in(tmp_path: Path) -> None:
    oci(tmp_path / "a.tar", stand_in="loki")
    assert read(tmp_path / "a.tar").stand_ins == {NAME: "loki"}
    oci(tmp_path / "b.tar")
    assert read(tmp_path / "b.tar").stand_ins == {}


def test_a_tag_beside_a_digest_is_ignored_as_nodes_do(tmp_path: Path) -> None:
    identity = oci(tmp_path / "a.tar", f"quay.io/a/b:v1@{DIGEST}", "org.opencontainers.image.ref.name")
    assert read(tmp_path / "a.tar").images == {f"quay.io/a/b@{DIGEST}": identity}


def test_of_several_platforms_that_of_this_machine_counts(tmp_path: Path) -> None:
    files = Files()
    manifests = []
    for architecture in ("arm64", "amd64"):
        identity = files.add(config(architecture))
        digest = files.add({"schemaVersion": 2, "config": {"digest": identity}})
        manifests.append({"digest": digest, "platform": {"os": "linux", "architecture": architecture}})
    index = files.add({"schemaVersion": 2, "manifests": manifests})
    named = {"digest": index, "annotations": {"io.containerd.image.name": NAME}}
    files.add({"schemaVersion": 2, "manifests": [named]}, "index.json")
    files.write(tmp_path / "both.tar")
    (archive,) = in_folder(tmp_path)
    assert archive.images == {NAME: identity}
    assert archive.architectures == {"amd64"}


def test_an_image_that_docker_saved_by_digest_gets_its_name_in_both_layouts(tmp_path: Path) -> None:
    files = Files()
    identity = files.add(config("amd64"))
    manifest = files.add({"schemaVersion": 2, "config": {"digest": identity}})
    files.add({"schemaVersion": 2, "manifests": [{"digest": manifest}]}, "index.json")
    files.add([{"Config": f"blobs/{identity.replace(':', '/')}", "RepoTags": None, "Layers": []}], "manifest.json")
    name = f"quay.io/a/b@{DIGEST}"
    rename(files.write(tmp_path / "saved"), name, tmp_path / "a.tar")
    assert read(tmp_path / "a.tar").images == {name: identity}
    with tarfile.open(tmp_path / "a.tar") as tar:
        index = tar.extractfile("index.json")
        assert index is not None
        (entry,) = json.loads(index.read())["manifests"]
    assert entry == {"digest": manifest, "annotations": {"io.containerd.image.name": name}}


def test_an_image_for_another_platform_is_refused(tmp_path: Path) -> None:
    oci(tmp_path / "arm.tar", architecture="arm64")
    with pytest.raises(PenstockError) as caught:
        in_folder(tmp_path)
    assert caught.value.message == f"{tmp_path}/arm.tar: for arm64, and the nodes are amd64"
    assert caught.value.hint == "save it for linux/amd64"


@pytest.mark.parametrize("write", [oci, docker])
def test_an_image_without_a_name_is_refused(write: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "a.tar", name="")
    with pytest.raises(PenstockError, match="its images have no name"):
        in_folder(tmp_path)


def test_what_is_no_archive_of_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("nothing")
    with pytest.raises(PenstockError, match=r"a\.tar: no archive of an image: file could not be opened") as caught:
        in_folder(tmp_path)
    assert "\n" not in caught.value.message
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(__file__, "index.html")
    with pytest.raises(PenstockError, match=r"a\.tar: no archive of an image: .*index\.json"):
        in_folder(tmp_path)
    Files().write(tmp_path / "a.tar")
    oci(tmp_path / "a.tar")
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:600])
    with pytest.raises(PenstockError, match=r"a\.tar: no archive of an image"):
        in_folder(tmp_path)


def test_a_folder_without_archives_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match="no archive of an image"):
        in_folder(tmp_path)
    with pytest.raises(PenstockError, match="no folder with archives of images"):
        in_folder(tmp_path / "there")


def test_the_architecture_is_named_as_images_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    monkeypatch.undo()
    from penstock.tools import archives

    assert names.get(platform.machine(), platform.machine()) == archives.ARCHITECTURE

"""inv images-save: archives that `inv up --images` reads, from a skopeo and a crane that copy prepared ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from image_support import docker, oci
from penstock.core.errors import Findings, PenstockError
from penstock.kube.images import ImageRef
from penstock.platform.images import Image
from penstock.tools.archives import ARCHITECTURE, in_folder
from penstock.verbs import images_save
from penstock.verbs.images_save import save_images

DIGEST = "sha256:" + "0a" * 32
TAGGED, PINNED = "registry.example/town/server:1", f"registry.example/town/other:2@{DIGEST}"
# Copies the archive of an image from $SHELF, or complains with the text that lies there in its place.
_FAKE = """#!{python}
import os, shutil, sys, tarfile
from pathlib import Path
shelf, words = Path(os.environ["SHELF"]), sys.argv[1:]
with (shelf / "asked").open("a") as asked:
    asked.write(" ".join([Path(sys.argv[0]).name, *words]) + "\\n")
name, target = (words[-2].removeprefix("docker://"), words[-1])
refusal = shelf / (name.replace("/", "-") + ".refused")
if refusal.exists():
    Path(target.removeprefix("oci-archive:").split(":")[0]).write_text("half")
    sys.exit(refusal.read_text())
source = shelf / (name.replace("/", "-") + ".tar")
if "--format=oci" in words:
    tarfile.open(source).extractall(target)
else:
    path, _, kept = target.removeprefix("oci-archive:").partition(":")
    assert kept == name
    shutil.copy(source, path)
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a registry with both images; skopeo and crane are on PATH."""
    shelf, programs = tmp_path / "shelf", tmp_path / "bin"
    shelf.mkdir()
    programs.mkdir()
    for name in ("registry.example/town/server:1", f"registry.example/town/other@{DIGEST}"):
        oci(shelf / f"{name.replace('/', '-')}.tar", name, architecture=ARCHITECTURE)
    for program in ("skopeo", "crane"):
        (programs / program).write_text(_FAKE.format(python=sys.executable))
        (programs / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("SHELF", str(shelf))
    found = [Image(ImageRef.parse(name), ("Deployment town/server",)) for name in (TAGGED, PINNED)]
    found.append(Image(ImageRef.parse("kindest/node:v1"), ("the nodes of kind",)))
    monkeypatch.setattr(images_save, "listed", lambda _: found)
    return shelf


def asked(shelf: Path) -> list[str]:
    return (shelf / "asked").read_text().splitlines() if (shelf / "asked").exists() else []


@pytest.mark.parametrize("program", ["skopeo", "crane"])
def test_each_image_becomes_an_archive_with_its_name(
    program: str, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if program == "crane":
        (tmp_path / "bin" / "skopeo").unlink()
    folder = tmp_path / "images"
    save_images(str(folder), "")
    assert {name for archive in in_folder(folder) for name in archive.images} == {
        "registry.example/town/server:1",
        f"registry.example/town/other@{DIGEST}",
    }
    assert sorted(path.name for path in folder.iterdir()) == [
        "registry.example-town-other-0a0a0a0a0a0a.tar",
        "registry.example-town-server-1.tar",
    ]
    assert all(
        line.startswith(program) and f"linux/{ARCHITECTURE}" in line.replace("=linux --override-arch=", "=linux/")
        for line in asked(shelf)
    )
    assert "docker.io/kindest/node:v1, which Docker itself needs for the nodes of kind" in capsys.readouterr().err


_DOCKER = """#!{python}
import os, shutil, sys
from pathlib import Path
shelf, words = Path(os.environ["SHELF"]), sys.argv[1:]
with (shelf / "asked").open("a") as asked:
    asked.write(" ".join(["docker", *words]) + "\\n")
held = shelf / (words[-1].replace("/", "-") + ".held")
if words[:2] == ["image", "inspect"]:
    sys.exit(print(held.read_text()) if held.exists() else "Error: No such image")
refusal = shelf / (words[-1].replace("/", "-") + ".refused")
if refusal.exists():
    sys.exit(refusal.read_text())
if words[0] == "save":
    shutil.copy(shelf / (words[-1].replace("/", "-") + ".tar"), words[words.index("--output") + 1])
"""


@pytest.fixture
def docker_alone(shelf: Path, tmp_path: Path) -> Path:
    """The folder of a registry; of the programs only docker is on PATH, and saves the pinned image without a name."""
    for name in ("skopeo", "crane"):
        (tmp_path / "bin" / name).unlink()
    (tmp_path / "bin" / "docker").write_text(_DOCKER.format(python=sys.executable))
    (tmp_path / "bin" / "docker").chmod(0o755)
    docker(shelf / "registry.example-town-server:1.tar", TAGGED, architecture=ARCHITECTURE)
    docker(shelf / f"registry.example-town-other@{DIGEST}.tar", "", architecture=ARCHITECTURE)
    return shelf


def test_docker_alone_is_enough(docker_alone: Path, tmp_path: Path) -> None:
    save_images(str(tmp_path / "images"), "")
    other = f"registry.example/town/other@{DIGEST}"
    assert {name for archive in in_folder(tmp_path / "images") for name in archive.images} == {TAGGED, other}
    _, pull, save = [line for line in asked(docker_alone) if line.endswith(other)]
    assert pull == f"docker pull --quiet --platform=linux/{ARCHITECTURE} {other}"
    assert save.startswith("docker save --output ")
    assert len(list((tmp_path / "images").iterdir())) == 2


@pytest.mark.parametrize(("held", "is_pulled"), [(f"linux/{ARCHITECTURE}", False), ("linux/other", True)])
def test_docker_pulls_no_image_that_it_has(docker_alone: Path, tmp_path: Path, held: str, is_pulled: bool) -> None:
    (docker_alone / "registry.example-town-server:1.held").write_text(held)
    save_images(str(tmp_path / "images"), "")
    pulls = [line for line in asked(docker_alone) if line.startswith("docker pull ") and line.endswith(TAGGED)]
    assert bool(pulls) == is_pulled
    assert len(list((tmp_path / "images").iterdir())) == 2


def test_what_docker_is_refused_leaves_nothing(docker_alone: Path, tmp_path: Path) -> None:
    (docker_alone / "registry.example-town-server:1.refused").write_text(
        "Error response from daemon: pull access denied for town/server, repository does not exist or may require "
        "'docker login': denied: requested access to the resource is denied"
    )
    with pytest.raises(Findings) as caught:
        save_images(str(tmp_path / "images"), "")
    assert caught.value.hint == "see that the image exists, and log in: docker login registry.example"
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["registry.example-town-other-0a0a0a0a0a0a.tar"]


def test_what_is_there_is_not_asked_for_again(shelf: Path, tmp_path: Path) -> None:
    save_images(str(tmp_path / "images"), "")
    save_images(str(tmp_path / "images"), "")
    assert len(asked(shelf)) == 2
    (tmp_path / "images" / "registry.example-town-server-1.tar").write_text("broken")
    save_images(str(tmp_path / "images"), "")
    assert len(asked(shelf)) == 3


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (
            'time="2026-11-28T07:48:40Z" level=fatal msg="reading manifest 1: unauthorized: access is not authorized"',
            "reading manifest 1: unauthorized: access is not authorized",
            "see that the image exists, and log in: skopeo login registry.example",
        ),
        (
            "Error: GET https://x: TOOMANYREQUESTS: You have reached your pull rate limit",
            "Error: GET https://x: TOOMANYREQUESTS: You have reached your pull rate limit",
            "registry.example limits pulls: log in (skopeo login registry.example), or retry later",
        ),
        ("manifest unknown", "manifest unknown", "see that the registry has this tag or digest"),
        (
            "Digest did not match, expected sha256:1, got sha256:2",
            "Digest did not match, expected sha256:1, got sha256:2",
            "registry.example served other bytes than the digest promises: find out why",
        ),
    ],
)
def test_a_refusal_leaves_the_other_images_and_no_half_one(
    shelf: Path, tmp_path: Path, answer: str, message: str, hint: str
) -> None:
    (shelf / "registry.example-town-server:1.refused").write_text(answer)
    with pytest.raises(Findings) as caught:
        save_images(str(tmp_path / "images"), "")
    assert caught.value.findings == [f"{TAGGED}: {message}"]
    assert caught.value.hint == hint
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["registry.example-town-other-0a0a0a0a0a0a.tar"]


def test_without_a_program_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PenstockError) as caught:
        save_images(str(tmp_path / "images"), "")
    assert caught.value.message == "neither skopeo, crane nor docker is on PATH"
    assert not (tmp_path / "images").exists()

"""The wheel of a release contains the whole engine, which works without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from penstock.platform.layout import ENGINE
from support import Platform


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed files of the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(argv, cwd=ENGINE, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def penstock(site: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "penstock", *words]
    env = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True)


def test_it_contains_only_the_package(unpacked: Path) -> None:
    assert [path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")] == ["penstock"]


def test_the_pins_are_those_of_the_checkout(unpacked: Path) -> None:
    def files(root: Path) -> dict[str, bytes]:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert files(unpacked / "penstock" / "engine" / "tools") == files(ENGINE / "tools")


def test_the_templates_of_the_page_are_those_of_the_checkout(unpacked: Path) -> None:
    def texts(root: Path) -> dict[str, str]:
        return {path.name: path.read_text() for path in (root / "review" / "page" / "templates").iterdir()}

    assert {"page.html", "page.css", "page.js"} < texts(ENGINE / "scripts" / "penstock").keys()
    assert texts(unpacked / "penstock") == texts(ENGINE / "scripts" / "penstock")


def test_it_hydrates_and_checks_a_platform(unpacked: Path, good: Platform) -> None:
    told = penstock(unpacked, good.root, "hydrate-check", "--fast")
    assert told.returncode == 0, told.stderr
    good.replace("components/greeting/values.yaml.gotmpl", "hello", "bye")
    told = penstock(unpacked, good.root, "hydrate-check", "--fast")
    assert told.returncode == 1
    assert "components/greeting changed since manifests/local/greeting was hydrated" in told.stderr
    told = penstock(unpacked, good.root, "hydrate")
    assert told.returncode == 0, told.stderr
    assert "bye" in good.text("greeting/configmap-greeting.yaml")


def test_its_files_are_its_own(unpacked: Path, tmp_path: Path) -> None:
    """Otherwise the test above could use the checkout, and miss files that the wheel lacks."""
    told = subprocess.run(
        [sys.executable, "-c", "from penstock.platform.layout import ENGINE; print(ENGINE)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == str(unpacked / "penstock" / "engine")

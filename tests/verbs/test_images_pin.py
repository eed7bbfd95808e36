"""inv images-pin: digests of a registry for images that are known by their tag."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.core.yaml import parse
from penstock.verbs.images_pin import pin_images
from support import Platform

DIGEST = "sha256:" + "0a" * 32
IMAGE = "registry.example/town/server:1"
VALUES = f"# {IMAGE} is not {IMAGE}0\nimage: {IMAGE}\nnear: other{IMAGE}\n"
_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: town}}
spec:
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec: {{containers: [{{name: a, image: "{image}"}}]}}
"""
_FAKE = """#!{python}
import sys
name = sys.argv[-1].removeprefix("docker://")
sys.exit("manifest unknown") if "unknown" in name else print("{digest}")
"""


@pytest.fixture
def town(good: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform with an image that is known by its tag, and one by its digest; skopeo is on PATH."""
    for name, image in (("a", IMAGE), ("b", f"registry.example/town/other:2@{DIGEST}")):
        good.write(f"manifests/local/greeting/deployment-{name}.yaml", _WORKLOAD.format(name=name, image=image))
    good.write("components/greeting/values-server.yaml", VALUES)
    good.write("external.yaml", "# Ours.\nimagesByTag:\n  - registry.example/town/server\n")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "skopeo"
    program.write_text(_FAKE.format(python=sys.executable, digest=DIGEST))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.chdir(good.root)
    return good


def test_the_digest_is_written_where_the_tag_is(town: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    pin_images([])
    pinned = f"{IMAGE}@{DIGEST}"
    assert (town.root / "components/greeting/values-server.yaml").read_text() == (
        f"# {pinned} is not {IMAGE}0\nimage: {pinned}\nnear: other{IMAGE}\n"
    )
    assert (town.root / "external.yaml").read_text() == "# Ours.\nimagesByTag: []\n"
    assert "1 image pinned" in capsys.readouterr().err


def test_an_image_of_nodes_is_pinned_in_its_environment_as_it_is_spelled(town: Platform) -> None:
    settings = "cluster: {{name: tiny, kind: {{image: '{}'}}}}\nkubernetes: {{version: 1.37.0}}\n"
    town.write("environments/local.yaml", settings.format("kindest/node:v1.37.0"))
    pin_images([])
    pinned = settings.format(f"kindest/node:v1.37.0@{DIGEST}")
    assert (town.root / "environments" / "local.yaml").read_text() == pinned


def test_other_entries_stay(town: Platform) -> None:
    town.write(
        "external.yaml", "imagesByTag:\n  - registry.example/town/server\n  - registry.example/town/more\nobjects: []\n"
    )
    pin_images(["registry.example/town/server"])
    found = parse((town.root / "external.yaml").read_text())
    assert found == {"imagesByTag": ["registry.example/town/more"], "objects": []}


def test_an_image_that_the_registry_lacks_changes_nothing(town: Platform) -> None:
    image = "registry.example/town/unknown:1"
    town.write("manifests/local/greeting/deployment-a.yaml", _WORKLOAD.format(name="a", image=image))
    town.write("components/greeting/values-server.yaml", f"image: {image}\n")
    with pytest.raises(Findings) as caught:
        pin_images([])
    assert caught.value.findings == [f"{image}: manifest unknown"]
    assert caught.value.hint == "see that the registry has this tag or digest"
    assert (town.root / "components/greeting/values-server.yaml").read_text() == f"image: {image}\n"
    assert (town.root / "external.yaml").read_text().endswith("  - registry.example/town/server\n")


def test_an_image_that_a_template_puts_together_is_reported(town: Platform) -> None:
    town.write("components/greeting/values-server.yaml", "repository: registry.example/town/server\ntag: 1\n")
    with pytest.raises(Findings) as caught:
        pin_images([])
    (line,) = caught.value.findings
    assert (
        line
        == f"{IMAGE}: no file in components, charts, environments has this text, so a template puts the image together"
    )
    assert caught.value.hint == f"write the digest where the tag is: {DIGEST}"


def test_an_unknown_repository_is_refused(town: Platform) -> None:
    with pytest.raises(PenstockError) as caught:
        pin_images(["registry.example/town/sever"])
    assert caught.value.message == "no image of registry.example/town/sever lacks a digest"

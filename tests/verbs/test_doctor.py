"""inv doctor reports all problems at once, each with its fix."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from docker_support import fakes
from penstock.cluster.providers import checks
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.tools import resolver
from penstock.tools.pins import PROGRAMS
from penstock.verbs.doctor import doctor
from support import Platform, copy_platform

GIB = 1 << 30


@pytest.fixture(autouse=True)
def space(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Says how many bytes are free: much, unless a test says otherwise."""

    def free(size: float) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))

    free(100 * GIB)
    return free


@pytest.fixture
def whole(platform: Callable[..., Platform], monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform without a fault, and we stand in it."""
    made = platform()
    made.git("init", "--quiet", ".")
    made.write(".git/hooks/pre-commit", "")
    made.commit("Start")
    monkeypatch.chdir(made.root)
    return made


def told(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(PenstockError, match=r"^\d problems?$"):
        doctor(as_json=False)
    return capsys.readouterr().err


def test_every_problem_is_named_with_its_fix(
    good: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good.git("init", "--quiet", ".")
    good.write("components/greeting/values.yaml.gotmpl", "text: changed\n")
    state = json.dumps(
        {
            "provider": "kwok",
            "environment": "local",
            # Our own pid with another start time: somebody else's process by now.
            "processes": {"etcd": {"pid": os.getpid(), "created": 1.0, "log": "x"}},
        }
    )
    good.write(".penstock/local/state.json", state)
    monkeypatch.chdir(good.root)
    said = told(capsys)
    assert "HEAD has no commit yet" in said
    assert "the pre-commit hook is not installed" in said
    assert "components/greeting changed since manifests/local/greeting was hydrated" in said
    assert "the cluster of local is not whole: etcd ended" in said
    with pytest.raises(PenstockError):
        doctor(as_json=True)
    problems = json.loads(capsys.readouterr().out)
    assert len(problems) == 4
    assert all(problem["what"] and problem["fix"] for problem in problems)


def test_nothing_to_report(whole: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(as_json=False)
    assert "no problem found" in capsys.readouterr().err


def test_the_exit_code(good: Platform) -> None:
    good.git("init", "--quiet", ".")
    assert good.run("doctor").returncode == 1


def test_too_little_space_for_what_is_yet_to_be_built(
    whole: Platform,
    space: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    find = resolver.find
    monkeypatch.setattr(resolver, "find", lambda name: None if name in ("helm", "kind") else find(name))
    space(3 * GIB)
    doctor(as_json=False)
    space(2.9 * GIB)
    capsys.readouterr()
    assert "2.9 GiB are free for the cache, and building 2 programs takes up to 3.0" in told(capsys)


def test_it_says_what_would_be_built_and_what_mise_would_save(
    whole: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(name: str) -> resolver.Found | None:
        program = PROGRAMS[name]
        lacks = ("kube-apiserver", "amtool", "kwok", "render")
        origin: dict[str, Literal["PATH", "mise"]] = {"helm": "PATH", "kind": "mise"}
        return None if name in lacks else resolver.Found(program, whole.root, origin.get(name, "cache"))

    monkeypatch.setattr(resolver, "find", found)
    monkeypatch.setattr(resolver, "verify", lambda _: True)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    doctor(as_json=False)
    said = capsys.readouterr().err
    total, saved = (console.seconds(count * 0.18 / 4) for count in (2090 + 705 + 989 + 708, 2090 + 705))
    assert (
        f"{len(PROGRAMS)} programs: 1 on PATH; {len(PROGRAMS) - 6} in the cache; 1 from mise; "
        f"4 to be built from source when they are needed, all in at most {total}\n"
        f"  hint: `mise trust && mise install` brings amtool, kube-apiserver, and saves up to {saved}\n"
    ) in said


def test_nothing_to_build_is_said_shortly(
    whole: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resolver, "find", lambda name: resolver.Found(PROGRAMS[name], whole.root, "cache"))
    monkeypatch.setattr(resolver, "verify", lambda _: True)
    doctor(as_json=False)
    assert f"  {len(PROGRAMS)} programs: {len(PROGRAMS)} in the cache\n" in capsys.readouterr().err


def in_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mood: str = "") -> Path:
    """A platform that k3d and kind can run, on a machine with a fake Docker; gives the fakes' folder."""
    made = copy_platform("a-platform-in-docker", tmp_path / "platform")
    made.hydrate()
    made.write(".git/hooks/pre-commit", "")
    made.commit("Start")
    for name, value in (fakes(tmp_path / "fakes") | {"FAKE_DOCKER": mood}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(made.root)
    return tmp_path / "fakes"


@pytest.mark.integration
def test_it_says_where_the_cluster_would_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_docker(tmp_path, monkeypatch)
    monkeypatch.setattr(checks, "_INOTIFY_FOLDER", tmp_path)
    doctor(as_json=False)
    assert "inv up would make local on k3d" in capsys.readouterr().err


@pytest.mark.integration
def test_no_docker_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_docker(tmp_path, monkeypatch, "docker 28 without a daemon")
    doctor(as_json=False)
    said = capsys.readouterr().err
    assert "no k3d: Docker does not answer" in said
    assert "inv up would make local on kwok" in said


@pytest.mark.integration
def test_what_keeps_docker_from_it_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "_INOTIFY_FOLDER", tmp_path)
    folder = in_docker(tmp_path, monkeypatch)
    (folder / "bin" / "flux").unlink()
    said = told(capsys)
    assert "flux is not on PATH" in said
    assert "mise install flux2@" in said
    assert "inv up would make local on kwok" in said

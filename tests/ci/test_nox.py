"""`nox -f` with the engine's noxfile runs the gates in the platform from which it is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from penstock.core.layout import ENGINE
from penstock.verbs.test import GATES
from support import Platform

OWN = {"lint", "tests"}


def nox(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "nox", "-f", str(ENGINE / "noxfile.py"), *words]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True)


@pytest.mark.parametrize("gate", ["hydrate-check", "kubeconform"])
def test_a_gate_runs_in_the_platform_from_which_nox_is_started(good: Platform, gate: str) -> None:
    told = nox(good.root, "-s", gate)
    assert told.returncode == 0, told.stderr
    assert f"nox > cd {good.root}" in told.stderr
    good.write("manifests/local/greeting/configmap-greeting.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: 1\n")
    told = nox(good.root, "-s", gate)
    assert told.returncode == 1
    assert "local/greeting/configmap-greeting.yaml" in told.stdout + told.stderr


def test_every_gate_but_the_engine_s_own_does_so() -> None:
    sessions = (ENGINE / "noxfile.py").read_text().split("@nox.session")[1:]
    by_name = {name: text for name in GATES for text in sessions if f'"{name}"' in text or f"def {name}(" in text}
    assert by_name.keys() == set(GATES)
    assert {name for name, text in by_name.items() if "on_platform(session" not in text} == OWN

"""`nox -f` with the engine's noxfile runs the gates in the platform from which it is started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.gates import registry
from penstock.platform.layout import ENGINE
from penstock.verbs.test import GATES
from support import Platform


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


def test_every_gate_has_a_session_that_says_what_it_proves() -> None:
    listed = nox(ENGINE, "--list", "--json", "-s", *GATES, *registry.CI_ONLY)
    sessions = {each["session"]: each["description"] for each in json.loads(listed.stdout)}
    assert set(GATES) <= sessions.keys()
    assert all(sessions[name] == registry.proves(name) for name in registry.SESSIONS)

"""The adapter for kubectl, against an executable in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.process import CommandFailed
from penstock.tools import kubectl
from penstock.tools.kubectl import Kubectl

# What kubectl 1.37 writes.
SAYS = "Forwarding from 127.0.0.1:40123 -> 4318"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "kubectl"
    monkeypatch.setattr(kubectl, "resolve", lambda _: program)
    return program


def write(program: Path, script: str) -> None:
    program.write_text(f'#!/bin/sh\necho "$@" > {program}.asked\n{script}\n')
    program.chmod(0o755)


def test_a_forwarded_port_is_the_one_that_kubectl_names(fake: Path, tmp_path: Path) -> None:
    write(fake, f"echo '{SAYS}'; exec sleep 60")
    with Kubectl(tmp_path / "kubeconfig").forward("observability", "tempo", "otlp-http") as address:
        assert address == "127.0.0.1:40123"
    asked = Path(f"{fake}.asked").read_text()
    assert asked.endswith("port-forward -n observability --address 127.0.0.1 service/tempo :otlp-http\n")
    assert asked.startswith(f"--kubeconfig {tmp_path}/kubeconfig ")


def test_a_port_that_can_t_be_forwarded(fake: Path, tmp_path: Path) -> None:
    write(fake, "echo 'error: services \"tempo\" not found' >&2; exit 1")
    with (
        pytest.raises(CommandFailed, match='error: services "tempo" not found'),
        Kubectl(tmp_path / "kubeconfig").forward("observability", "tempo", "otlp-http"),
    ):
        pytest.fail("nothing was forwarded")

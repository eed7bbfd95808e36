"""Completion in the shells themselves, of `./inv` and of `inv` on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from penstock.platform.layout import ENGINE

INV = str(ENGINE / "inv")


def in_bash(program: str, *words: str) -> list[str]:
    """What bash offers after these words, the last of which is being typed."""
    script = f"""
    source <({INV} --print-completion-script bash)
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    $(complete -p inv | sed 's/.*-F \\([^ ]*\\) .*/\\1/') "$1" "${{@: -1}}" "${{@: -2:1}}"
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    argv = ["bash", "-c", script, "bash", program, *words]
    env = {**os.environ, "PATH": f"{ENGINE / '.venv' / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(argv, cwd=ENGINE, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("program", ["./inv", "inv", INV])
def test_a_verb_and_its_options(program: str) -> None:
    assert in_bash(program, "gitops-") == ["gitops-enable", "gitops-setup", "gitops-status"]
    assert {"up", "down", "status", "coredns-update"} <= set(in_bash(program, ""))
    assert {"--provider", "--dry-run", "--phase", "--source"} <= set(in_bash(program, "up", "--"))
    assert in_bash(program, "up", "--dry-run", "--ph") == ["--phase"]
    assert in_bash(program, "open", "--w") == ["--write-hosts"]


def test_nothing_is_offered_where_a_value_is_typed() -> None:
    """So bash offers files."""
    assert in_bash("./inv", "logs", "etc") == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_scripts_are_such_that_their_shells_read_them(shell: str) -> None:
    printed = subprocess.run([INV, "--print-completion-script", shell], capture_output=True, text=True, check=True)
    assert "--complete -- inv" in printed.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n", "/dev/stdin"], input=printed.stdout, text=True, check=True)


def test_a_shell_that_is_not_known() -> None:
    done = subprocess.run([INV, "--print-completion-script", "tcsh"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there is no completion for the shell 'tcsh'" in done.stderr

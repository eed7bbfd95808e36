"""What can't be a command line is an error with a suggestion, and exit code 2."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.cli import cluster, program
from penstock.hydrate.selection import Selection
from penstock.platform.layout import ENGINE
from penstock.verbs.hydrate_check import hydrate_check as run_check
from penstock.verbs.options import Target
from penstock.verbs.up import up as run_up

# What `Program.run` gets: the name of the program and where tasks.py is.
INV = ["inv", "--search-root", str(ENGINE)]


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The lines that a command line is refused with."""
    with pytest.raises(SystemExit) as caught:
        program.program.run([*INV, *words])
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("hydrat", "there is no verb `hydrat`", "did you mean `hydrate`?"),
        ("hydrat -e k3d", "there is no verb `hydrat`", "did you mean `hydrate`?"),
        ("--help hydrat", "there is no verb `hydrat`", "did you mean `hydrate`?"),
        ("frobnicate", "there is no verb `frobnicate`", "`inv --list` lists the verbs"),
        ("it's", "there is no verb `it's`", "`inv --list` lists the verbs"),
        ("up --provder kwok", "inv up has no option `--provder`", "did you mean `--provider`?"),
        ("up --enviroment k3d", "inv up has no option `--enviroment`", "did you mean `--env`?"),
        ("up --enviroment=k3d", "inv up has no option `--enviroment`", "did you mean `--env`?"),
        ("up --dryrun", "inv up has no option `--dryrun`", "did you mean `--dry-run`?"),
        ("up -x", "inv up has no option `-x`", "`inv up --help` lists its options"),
        ("--frobnicate", "inv has no option `--frobnicate`", "`inv --help` lists the options"),
        (
            "up k3d",
            "inv up can't use `k3d`",
            "name it by an option, such as `-e k3d`; `inv up --help` lists its options",
        ),
        ("explain references/name k3d", "inv explain can't use `k3d`", "`inv explain --help` lists its options"),
        ("up --dry-run stauts", "inv up can't use `stauts`", "did you mean `status`?"),
        (
            "hydrate-check -c loki",
            "inv hydrate-check has no option `-c`",
            "`inv hydrate-check --help` lists its options",
        ),
        ("up -w", "inv up has no option `-w`", "`inv up --help` lists its options"),
        (
            "up --prompt-for-sudo-password",
            "inv up has no option `--prompt-for-sudo-password`",
            "`inv up --help` lists its options",
        ),
        ("up -e", "--env needs a value", "`inv up --help` lists its options"),
        ("explain", "inv explain needs a rule", "inv explain RULE"),
        (
            "up --timeout 5m",
            "--timeout `5m` is no whole number from 1",
            "--timeout NUMBER: seconds that each wait may take (180 on kwok, 900 elsewhere)",
        ),
        ("up --phase one", "--phase `one` is no whole number from 1", "--phase NUMBER: only this phase, 1 to 4"),
        ("up --phase 0", "--phase `0` is no whole number from 1", "--phase NUMBER: only this phase, 1 to 4"),
        ("up --phase ²", "--phase `²` is no whole number from 1", "--phase NUMBER: only this phase, 1 to 4"),
        (
            "sync --timeout=-1",
            "--timeout `-1` is no whole number from 1",
            "--timeout NUMBER: seconds that each wait may take (180 on kwok, 900 elsewhere)",
        ),
        ("logs etcd -l nan", "--lines `nan` is no whole number from 1", "--lines NUMBER: how many, from the end (200)"),
    ],
)
def test_what_makes_no_sense(words: str, error: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, *words.split()) == [f"error: {error}", f"  hint: {hint}"]


def test_options_arrive_with_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[Target, int, bool, str]] = []
    monkeypatch.setattr(f"{run_up.__module__}.up", lambda *values: got.append(values))
    words = (
        "-e kind --provider kwok --context c --source local -t 7 -y --dry-run --phase 3 --merge-kubeconfig --images d"
    )
    program.program.run([*INV, "up", *words.split()])
    program.program.run([*INV, "up"])
    assert got == [
        (Target("kind", "kwok", "c", "local", 7, yes=True, dry_run=True), 3, True, "d"),
        (Target(), 0, False, ""),
    ]


@pytest.mark.parametrize(
    ("words", "selection"),
    [
        ("", Selection()),
        ("--changed", Selection(changed="")),
        ("--changed --fast", Selection(changed="")),
        ("--changed=v1 -e k3d -e 'prod*' --shard 1/2", Selection(("k3d", "prod*"), "v1", "1/2")),
        ("--changed v1", Selection(changed="v1")),
    ],
)
def test_environments_are_chosen(words: str, selection: Selection, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Selection] = []
    monkeypatch.setattr(f"{run_check.__module__}.hydrate_check", lambda chosen, *_: got.append(chosen))
    program.program.run([*INV, "hydrate-check", *shlex.split(words)])
    assert got == [selection]


def test_the_list_of_verbs_loads_none_of_what_they_do() -> None:
    """So that `inv --list` and completion answer at once."""
    argv = [sys.executable, "-X", "importtime", "-m", "penstock", "--list"]
    loaded = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=Path(ENGINE)).stderr
    names = {line.rpartition("|")[2].strip() for line in loaded.splitlines()}
    assert "penstock.cli.steps" in names
    heavy = ("penstock.verbs", "penstock.cluster", "penstock.gates", "penstock.hydrate", "rich", "msgspec", "psutil")
    names -= {"penstock.verbs", "penstock.verbs.options"}
    assert sorted(name for name in names if name in heavy or name.startswith("penstock.verbs.")) == []


def test_options_are_explained_as_often_as_they_are_asked_for() -> None:
    first, second = ([option.help for option in cluster.down.get_arguments()] for _ in range(2))
    assert first == second
    assert all(first)


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("explain --help", "explain"),
        ("explain -h", "explain"),
        ("explain references/name --help", "explain"),
        ("--debug up --help", "up"),
        ("--help up", "up"),
        ("diff --base main --help", "diff"),
    ],
)
def test_the_help_of_a_verb_is_shown_wherever_it_is_asked_for(
    words: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program.program.run([*INV, *words.split()], exit=False)
    assert capsys.readouterr().out.startswith(f"Usage: inv [--core-opts] {verb} ")


def test_the_help_of_an_unknown_verb_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "hydrat", "--help")[0] == "error: there is no verb `hydrat`"

"""What a program gets of the environment: nothing that points git at the repository of a hook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from git_support import local_variables
from penstock.core.environment import inherited, is_of_git
from penstock.core.process import Command, run, serving, spawn, watch
from penstock.core.terminal import interactive

# Variables of git's manual that are none of a repository, and change what git does all the same.
OTHERS = (
    *("GIT_NAMESPACE", "GIT_QUARANTINE_PATH", "GIT_TEMPLATE_DIR", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS"),
    *("GIT_ATTR_SOURCE", "GIT_DEFAULT_HASH", "GIT_DEFAULT_REF_FORMAT", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR"),
    *("GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME", "GIT_INDEX_VERSION"),
    *("GIT_REFLOG_ACTION", "GIT_TEST_SPLIT_INDEX", "GIT_A_VARIABLE_OF_A_LATER_GIT"),
)
PASSING = (
    *("GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "GIT_TERMINAL_PROMPT", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY"),
    *("GIT_HTTP_LOW_SPEED_LIMIT", "GIT_PROXY_COMMAND", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"),
    *("GIT_CEILING_DIRECTORIES", "GIT_TRACE", "GIT_TRACE2_EVENT", "GITHUB_TOKEN", "GITLAB_CI", "HOME", "PATH"),
)


@pytest.mark.parametrize("name", [*local_variables(), *OTHERS])
def test_what_belongs_to_the_git_that_started_us_is_dropped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "elsewhere")
    assert is_of_git(name)
    assert name not in inherited()


@pytest.mark.parametrize("name", PASSING)
def test_what_reaches_a_remote_and_all_else_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "as it is")
    assert inherited()[name] == "as it is"


def test_a_command_s_own_variables_are_laid_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    assert Command(["p"], env={"GIT_DIR": "ours"}).environment["GIT_DIR"] == "ours"
    assert Command(["p"], env={"A": "b"}, bare=True).environment == {"A": "b"}


PRINT = "import os, sys; open(sys.argv[1], 'w').write(os.environ.get('GIT_DIR', 'none')); print('done', flush=True)"


def started(command: Command, log: Path) -> None:
    os.waitpid(spawn(command, log), 0)


def served(command: Command, log: Path) -> None:
    with serving(command, lambda line: line):
        pass


@pytest.mark.parametrize(
    "start",
    [
        lambda command, _: run(command),
        lambda command, _: watch(command, print),
        lambda command, _: interactive(command),
        started,
        served,
    ],
    ids=["run", "watch", "interactive", "spawn", "serving"],
)
def test_however_a_program_is_started(
    start: Callable[[Command, Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    start(Command([sys.executable, "-c", PRINT, tmp_path / "seen"]), tmp_path / "log")
    assert (tmp_path / "seen").read_text() == "none"

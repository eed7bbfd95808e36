"""Help, as people ask for it."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from invoke.collection import Collection
from invoke.loader import FilesystemLoader
from invoke.tasks import Task

from penstock import __version__
from penstock.platform.layout import ENGINE


def tasks() -> dict[str, Task[Any]]:
    module, _ = FilesystemLoader(start=str(ENGINE)).load("tasks")
    collection = Collection.from_module(module)
    return {name: collection[name] for name in collection.task_names}


TASKS = tasks()


@pytest.mark.parametrize("words", [["logs", "--help"], ["logs", "-h"], ["--help", "logs"]])
def test_help_of_a_verb_that_has_an_argument_of_its_own(words: list[str]) -> None:
    shown = subprocess.run([ENGINE / "inv", *words], capture_output=True, text=True, check=True, timeout=60)
    assert "Print the log of a local process or a workload's pods." in shown.stdout


@pytest.mark.parametrize("name", TASKS)
def test_every_option_of_a_verb_is_explained(name: str) -> None:
    for argument in TASKS[name].get_arguments():
        assert argument.help, argument.name
        assert not argument.help.endswith("."), argument.name


def test_the_list_has_one_line_for_each_verb() -> None:
    listed = subprocess.run([ENGINE / "inv", "--list"], capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [line for line in listed.splitlines() if line.startswith("  ")]
    assert [re.split(r"\s{2,}", line.strip())[0] for line in lines] == sorted(TASKS)
    assert all(line.endswith(".") for line in lines)


def test_the_version_is_that_of_penstock() -> None:
    said = subprocess.run([ENGINE / "inv", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said == f"Penstock {__version__}\n"

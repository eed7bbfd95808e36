"""A plan is carried out or printed, and both go through the same actions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from penstock.cluster.actions import Action, Plan, StepPlan, Work, execute, show
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.process import Command, Result, run
from penstock.platform.layout import Layout


@pytest.fixture
def ran() -> list[Command]:
    return []


@pytest.fixture
def session(tmp_path: Path, ran: list[Command]) -> Session:
    """A session whose kubectl really runs commands, and records them."""

    def carry_out(command: Command) -> Result:
        ran.append(command)
        return run(command)

    return cast("Session", SimpleNamespace(layout=Layout(tmp_path), kubectl=SimpleNamespace(carry_out=carry_out)))


def printed(session: Session, plan: StepPlan, capsys: pytest.CaptureFixture[str]) -> list[str]:
    show(session, [("", plan)])
    return capsys.readouterr().out.splitlines()


def test_a_dry_run_prints_the_commands_that_a_run_runs(
    session: Session, ran: list[Command], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def plan(session: Session, _: Step) -> Plan:
        ports: list[int] = []
        yield Work("choose a port", lambda: ports.append(20000))
        yield Action(lambda: Command(["echo", str(tmp_path / "state"), *map(str, ports)]), "the server")
        yield Work("", lambda: "never printed")
        yield Action(lambda: Command(["touch", tmp_path / "made"], env={"A_TOKEN": "secret"}), "a file")

    assert printed(session, plan, capsys) == [
        "#   choose a port",
        "echo state  # the server",
        "A_TOKEN=*** touch made  # a file",
    ]
    assert not (tmp_path / "made").exists()
    assert execute(session, plan(session, Step(""))) == ["never printed"]
    assert [command.line.replace(f"{tmp_path}/", "") for command in ran] == ["echo state 20000", "touch made"]
    assert (tmp_path / "made").exists()


def test_an_action_that_is_not_needed_is_not_made(session: Session, ran: list[Command]) -> None:
    def command() -> Command:
        raise AssertionError

    assert execute(session, [Action(command, "x", lambda: False), Work("y", lambda: "done", lambda: False)]) == []
    assert ran == []


def test_an_action_gives_its_own_way_to_run_the_very_command(session: Session, ran: list[Command]) -> None:
    given: list[Command] = []
    command = Command([sys.executable, "--version"])

    def own(command: Command) -> str:
        given.append(command)
        return "two containers"

    assert execute(session, [Action(lambda: command, "the cluster", run=own)]) == ["two containers"]
    assert given == [command]
    assert ran == []


def test_actions_are_made_one_after_the_other(session: Session) -> None:
    order: list[str] = []

    def work(name: str) -> Work:
        order.append(f"{name} is made")
        return Work(name, lambda: order.append(f"{name} is done"))

    def plan() -> Iterator[Work]:
        yield work("a")
        yield work("b")

    execute(session, plan())
    assert order == ["a is made", "a is done", "b is made", "b is done"]

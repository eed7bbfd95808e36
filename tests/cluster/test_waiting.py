"""Waiting, also while the API server restarts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tenacity import RetryCallState, Retrying, wait_none

from penstock.cluster import waiting
from penstock.cluster.waiting import patiently, until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, Result
from penstock.tools import kubectl
from penstock.tools.kubectl import Kubectl, Unavailable


def failing(times: int) -> Callable[[], str]:
    """A call that meets no API server this many times, and then succeeds."""
    left = [times]

    def call() -> str:
        if left[0]:
            left[0] -= 1
            raise Unavailable(Result(Command(["kubectl"]), 1, b"", b"connection refused", 0.0))
        return "answer"

    return call


def wait(probe: Callable[[], str | None], seconds: float = 5) -> str:
    return until(probe, seconds, Step("x"), "something", lambda: PenstockError("too late", "wait longer"))


def test_an_api_server_that_comes_back_is_waited_for() -> None:
    assert wait(failing(3)) == "answer"


def test_one_that_stays_away_ends_a_wait_before_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_SECONDS", 0.1)
    with pytest.raises(Unavailable):
        wait(failing(10**6), seconds=60)


def test_its_absences_are_not_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_SECONDS", 0.2)
    asked: list[None] = []

    def probe() -> str | None:
        """Away at every other look, ten times."""
        asked.append(None)
        return failing(len(asked) % 2)() if len(asked) > 20 else failing(len(asked) % 2)() and None

    assert wait(probe, seconds=30) == "answer"


@pytest.mark.parametrize(
    ("attempts", "waited", "expected"), [(1, 0.1, 0.05), (3, 0.4, 0.2), (30, 10, 1), (60, 40, 2), (90, 900, 3)]
)
def test_the_longer_it_takes_the_less_often_it_looks(attempts: int, waited: float, expected: float) -> None:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number, state.outcome_timestamp = attempts, state.start_time + waited
    assert waiting._wait(state) == pytest.approx(expected)


def test_work_is_repeated_while_it_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "wait_fixed", lambda _: wait_none())
    assert patiently(failing(2)) == "answer"
    monkeypatch.setattr(waiting, "_SECONDS", 0.05)
    with pytest.raises(Unavailable):
        patiently(failing(10**6))


@pytest.mark.parametrize(
    ("complaint", "away"),
    [
        ("The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?", True),
        ("Unable to connect to the server: net/http: TLS handshake timeout", True),
        ("error: Get https://127.0.0.1:6443/api: dial tcp 127.0.0.1:6443: connect: connection refused", True),
        ("Error from server (Forbidden): unknown", True),
        ("Unable to connect to the server: EOF", True),
        ("error: unexpected EOF", True),
        (
            'Error from server (Forbidden): pods "check" is forbidden: error looking up service account town/default: '
            'serviceaccount "default" not found',
            True,
        ),
        (
            "Unable to connect to the server: tls: failed to verify: x509: certificate signed by unknown authority",
            False,
        ),
        ('Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"', False),
        ("Error from server (NotFound): pods not found", False),
    ],
)
def test_what_is_an_absence(complaint: str, away: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: Command) -> Result:
        if "/readyz" in command.argv:
            return Result(command, 0, b"ok", b"", 0.0)
        raise CommandFailed(Result(command, 1, b"", complaint.encode(), 0.0))

    monkeypatch.setattr(kubectl, "resolve", Path)
    monkeypatch.setattr(kubectl, "run", run)
    with pytest.raises(CommandFailed) as caught:
        Kubectl(Path("none")).carry_out(Command(["kubectl", "get", "pods"]))
    assert isinstance(caught.value, Unavailable) == away


def test_an_api_server_that_is_not_ready_forbids_for_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: Command) -> Result:
        if "/readyz" in command.argv:
            return Result(command, 1, b"", b"Error from server (Forbidden): unknown", 0.0)
        complaint = b'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"'
        raise CommandFailed(Result(command, 1, b"", complaint, 0.0))

    monkeypatch.setattr(kubectl, "resolve", Path)
    monkeypatch.setattr(kubectl, "run", run)
    with pytest.raises(Unavailable):
        Kubectl(Path("none")).carry_out(Command(["kubectl", "get", "pods"]))

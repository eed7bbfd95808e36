"""Waiting for Flux to fetch: its messages are shown, and lasting failures end the wait."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from penstock.cluster import git_source
from penstock.cluster.actions import execute
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.gitops import status
from penstock.gitops.status import Source

COMMIT = "0123456789abcdef"
NEW = Source("platform", "http://here", "", False, "not fetched yet", False)
REFUSED = Source("platform", "http://here", "", False, "authentication required", True)
FETCHED = Source("platform", "http://here", COMMIT, True, "stored artifact", False)


class Notes(Step):
    """A step that collects its messages."""

    def __init__(self) -> None:
        super().__init__("x")
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def session() -> Session:
    recorded = ClusterState(provider="kwok", environment="local", source="remote")
    recorded.revision = COMMIT
    kubectl = SimpleNamespace(command=lambda *argv: Command(argv), carry_out=lambda _: None)
    return cast("Session", SimpleNamespace(recorded=recorded, kubectl=kubectl, timeout=60.0))


def answer(monkeypatch: pytest.MonkeyPatch, *sources: Source) -> None:
    """Flux's status: each of these answers once, then always the last one."""
    left = list(sources)
    monkeypatch.setattr(status, "source", lambda _: left.pop(0) if len(left) > 1 else left[0])


def fetch(session: Session, step: Step) -> None:
    execute(session, git_source._fetch(session, step), step)


def test_a_fetch_that_fails_at_first_is_waited_for(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, NEW, REFUSED, NEW, FETCHED)
    step = Notes()
    fetch(session, step)
    assert "Flux to fetch 0123456789ab: authentication required" in step.told


def test_a_fetch_that_keeps_failing_ends_the_wait(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_source, "_PATIENCE", 0.2)
    answer(monkeypatch, NEW, REFUSED)
    with pytest.raises(PenstockError) as caught:
        fetch(session, Notes())
    assert caught.value.message == "Flux did not fetch 0123456789ab: authentication required"
    assert "platform-source" in caught.value.hint


def test_patience_starts_over_with_every_attempt_that_does_not_fail(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_source, "_PATIENCE", 0.0)
    answer(monkeypatch, REFUSED, NEW, REFUSED, NEW, REFUSED, FETCHED)
    fetch(session, Notes())

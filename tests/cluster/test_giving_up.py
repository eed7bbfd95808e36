"""Lasting failures end the wait for Flux early."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from penstock.cluster import sync
from penstock.cluster.session import Session
from penstock.core.errors import PenstockError
from penstock.gitops.status import Kustomization

NOW, OLD = "0" * 40, "1" * 40


def session(patience: float) -> Session:
    made = SimpleNamespace(
        recorded=SimpleNamespace(revision=NOW),
        provider=SimpleNamespace(patience=patience),
        manifests=SimpleNamespace(objects=lambda _: []),
        kubectl=SimpleNamespace(get=lambda *_: []),
        state=SimpleNamespace(kubeconfig=Path("kubeconfig")),
    )
    return cast("Session", made)


def failing(attempted: str, reason: str = "ReconciliationFailed") -> dict[str, Kustomization]:
    item = Kustomization(
        name="loki", ready=False, reason=reason, message="no", revision="", attempted=attempted, handled=""
    )
    return {"loki": item}


def look_twice(patience: float, found: dict[str, Kustomization], held: list[str]) -> None:
    since: dict[str, float] = {}
    for _ in range(2):
        sync._give_up_early(session(patience), found, held, since)


@pytest.mark.parametrize(("attempted", "held"), [(NOW, []), (OLD, ["loki"])])
def test_a_failure_that_lasts_is_explained(attempted: str, held: list[str]) -> None:
    """A nested Kustomization has another source, so its revision is never the platform's."""
    with pytest.raises(PenstockError) as caught:
        look_twice(0.0, failing(attempted), held)
    assert caught.value.message == "loki did not become Ready: ReconciliationFailed: no"


@pytest.mark.parametrize(
    ("patience", "found"),
    [(60.0, failing(NOW)), (0.0, failing(OLD)), (0.0, failing(NOW, reason="DependencyNotReady"))],
)
def test_recoverable_failures_are_waited_for(patience: float, found: dict[str, Kustomization]) -> None:
    look_twice(patience, found, [])

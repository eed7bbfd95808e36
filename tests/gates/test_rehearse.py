"""The rehearsal compares kinds with those of a real API server."""

from __future__ import annotations

import pytest

from penstock.gates.rehearse import misknown

SERVED = """\
endpoints                         ep           v1                                true    Endpoints
namespaces                        ns           v1                                false   Namespace
networkpolicies                   netpol       networking.k8s.io/v1              true    NetworkPolicy
priorityclasses                   pc           scheduling.k8s.io/v1              false   PriorityClass
tokenreviews                                   authentication.k8s.io/v1          false   TokenReview
gateways                          gtw          gateway.networking.k8s.io/v1      true    Gateway
"""


def test_known_kinds_are_no_findings() -> None:
    assert misknown(SERVED) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("v1                                false", "v1 true", "v1 Namespace is namespaced"),
        ("true    NetworkPolicy", "false NetworkPolicy", "networking.k8s.io/v1 NetworkPolicy is cluster-scoped"),
        (
            "priorityclasses",
            "priorities",
            "the resource of scheduling.k8s.io/v1 PriorityClass is priorities, not priorityclasses",
        ),
    ],
)
def test_kinds_that_are_served_differently_are_reported(old: str, new: str, line: str) -> None:
    assert misknown(SERVED.replace(old, new)) == [line]

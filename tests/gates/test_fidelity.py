"""The gate fidelity, with an upstream chart of one ConfigMap for the component `greeting`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chart_server import ChartServer
from penstock.core.errors import PenstockError
from penstock.gates.fidelity.compare import Difference, differences, explained, unused_names
from penstock.gates.fidelity.gate import CHARTS, fidelity
from penstock.gates.finding import Finding
from penstock.kube.objects import Object
from penstock.platform.layout import UPSTREAM_NAME
from penstock.platform.upstream import upstreams
from support import Platform

FILE = f"components/greeting/{UPSTREAM_NAME}"
DIFFERS = "ConfigMap/greeting data.text: upstream `hello there`, here `hello world`"
MORE = "ConfigMap/greeting data.more: upstream `x`, here nothing"
_TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, labels: {version: {{ .Chart.Version }}}}
data: {text: {{ .Values.text }}, more: x}
"""


def upstream(platform: Platform, accepted: str = "{}", more: str = "", version: str = "1.2.3") -> None:
    platform.write(
        FILE,
        f"chart: oci://registry.example/charts/greeting\nversion: {version}\nenvironments: {{local: {{}}}}\n"
        f"releases: {{greeting: {{text: hello there}}}}\naccepted: {accepted}\n{more}",
    )


@pytest.fixture
def upstream_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the upstream chart."""
    chart = tmp_path / "charts" / "greeting"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: greeting\nversion: 1.2.3\n")
    (chart / "values.yaml").write_text("text: hello\n")
    (chart / "templates" / "configmap.yaml").write_text(_TEMPLATE)
    monkeypatch.setenv(CHARTS, str(chart.parent))
    return chart


def findings(platform: Platform) -> list[tuple[str, str, str]]:
    return [(each.rule, each.file, each.message) for each in fidelity(platform.layout) if isinstance(each, Finding)]


@pytest.mark.integration
def test_differences_are_found_unless_they_are_accepted(good: Platform, upstream_chart: Path) -> None:
    upstream(good)
    rule = "fidelity/difference"
    assert findings(good) == [(rule, FILE, MORE), (rule, FILE, DIFFERS)]
    upstream(good, '{"ConfigMap/greeting data.te*": the town is greeted by name}')
    assert findings(good) == [(rule, FILE, MORE)]
    good.write(UPSTREAM_NAME, "accepted: {'* data.more': nobody in the town reads it}\n")
    assert findings(good) == []


@pytest.mark.integration
def test_a_reason_that_explains_nothing_is_found(good: Platform, upstream_chart: Path) -> None:
    (upstream_chart / "templates" / "configmap.yaml").write_text(_TEMPLATE.replace(", more: x", ""))
    upstream(good, '{"* data.text": the town is greeted by name, "* data.mere": nobody in the town reads it}')
    good.write(UPSTREAM_NAME, "accepted: {'Secret/*': there are no secrets in the town}\n")
    assert findings(good) == [
        ("fidelity/stale-reason", FILE, "`* data.mere` matches no difference"),
        ("fidelity/stale-reason", UPSTREAM_NAME, "`Secret/*` matches no difference of any component"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1.2.4", "{charts}/greeting: version 1.2.3, and greeting 1.2.4 is compared"),
        ("chart: oci://registry.example/charts/farewell", "{charts} lacks the chart farewell 1.2.3"),
        ("environments: {locl: {}}", "unknown environment `locl`"),
        ("accepted: {'* data.text': short}", "components/greeting/upstream.yaml:5:12: Expected `str` of length >= 10"),
        ("relaeses: {}", "components/greeting/upstream.yaml:1:1: unknown key `relaeses`"),
    ],
)
def test_what_cannot_be_compared(good: Platform, upstream_chart: Path, text: str, message: str) -> None:
    upstream(good)
    key = text.partition(":")[0]
    kept = [line for line in (good.root / FILE).read_text().splitlines() if not line.startswith(f"{key}:")]
    good.write(FILE, "\n".join([text, *kept] if key == "relaeses" else [*kept[:4], text, *kept[4:]]) + "\n")
    with pytest.raises(PenstockError) as caught:
        findings(good)
    assert caught.value.message.startswith(message.format(charts=upstream_chart.parent))


@pytest.mark.integration
def test_values_that_the_chart_refuses(good: Platform, upstream_chart: Path) -> None:
    (upstream_chart / "templates" / "no.yaml").write_text('{{ fail "this text is rude" }}')
    upstream(good)
    with pytest.raises(PenstockError) as caught:
        findings(good)
    assert caught.value.message.startswith("the chart greeting can't be rendered: execution error at")
    assert "this text is rude" in caught.value.message


def test_an_environment_overrides_values_by_key(good: Platform) -> None:
    upstream(good)
    text = (good.root / FILE).read_text()
    good.write(
        FILE,
        text.replace("local: {}", "local: {greeting: {town: {name: b}}}").replace(
            "text:", "town: {name: a, size: 1}, text:"
        ),
    )
    (only,) = upstreams(good.layout).values()
    assert only.values("local") == {"greeting": {"text": "hello there", "town": {"name": "b", "size": 1}}}


@pytest.mark.integration
def test_a_difference_names_its_environments(good: Platform, upstream_chart: Path) -> None:
    upstream(good)
    good.replace("helmfile.yaml", "local: {}", "local: {}\n  other: {}")
    good.write("environments/other.yaml", (good.root / "environments/local.yaml").read_text())
    shutil.copytree(good.layout.tree("local"), good.layout.tree("other"))
    good.write(
        FILE, (good.root / FILE).read_text().replace("local: {}", "local: {}, other: {greeting: {text: hello world}}")
    )
    found = [(each.message, each.environments) for each in fidelity(good.layout) if isinstance(each, Finding)]
    assert found == [(MORE, ("local",)), (DIFFERS, ("local",)), (MORE, ("other",))]


def config(name: str, **data: str) -> Object:
    return Object("x", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


def test_objects_and_paths_with_other_names_are_compared() -> None:
    names, paths = {"ConfigMap/theirs": "ours"}, {"data.config.yaml": "data.ours.yaml"}
    theirs = [config("theirs", **{"config.yaml": "a: {b: 1}"}), config("more")]
    found = list(differences(theirs, [config("ours", **{"ours.yaml": "a: {b: 2}"}), config("own")], names, paths))
    assert [str(each) for each in found] == [
        "ConfigMap/more: not here, but upstream",
        "ConfigMap/ours data.ours.yaml.a.b: upstream `1`, here `2`",
        "ConfigMap/own: only here",
    ]


def test_other_names_that_the_chart_lacks_are_found() -> None:
    theirs = [config("theirs", **{"config.yaml": "a: {b: 1}"})]
    used = unused_names(theirs, {"ConfigMap/theirs": "ours"}, {"data.config.yaml": "x", "data.config.yaml.a": "y"})
    assert list(used) == []
    assert list(unused_names(theirs, {"Secret/theirs": "ours"}, {"data.config": "x", "data.config.yml": "y"})) == [
        "objects: `Secret/theirs` isn't in the chart",
        "paths: `data.config.yml` isn't in the chart",
    ]


def test_patterns_match_whole_keys() -> None:
    found = [Difference("Service/a", "spec.type", "x", None), Difference("Service/ab", "", "", None)]
    rest, used = explained(found, {"Service/a": "the whole object", "Service/a *": "its fields", "*": "no"})
    assert (rest, used) == ([], {"Service/a *", "*"})
    rest, used = explained(found, {"Service/a spec": "too short"})
    assert (rest, used) == (found, set())


@pytest.mark.parametrize(
    ("ours", "pattern", "accepts"),
    [
        ("1001", "* pod.runAsUser=[1-9]*", True),
        ("0", "* pod.runAsUser=[1-9]*", False),
        (None, "* pod.runAsUser=nothing", True),
        ("0", "* pod.runAsUser=nothing", False),
        ("0", "* pod.runAsUser", True),
    ],
)
def test_a_pattern_can_accept_one_value_alone(ours: str | None, pattern: str, accepts: bool) -> None:
    difference = Difference("Deployment/a", "pod.runAsUser", "x", ours)
    assert explained([difference], {pattern: "why"}) == (([], {pattern}) if accepts else ([difference], set()))


@pytest.mark.integration
def test_a_chart_is_pulled_and_its_digest_is_compared(good: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    server = ChartServer()
    try:
        digest = server.add("echo", "1.2.3")
        chart = f"{server.url}/echo"
        text = f"chart: {chart}\nversion: 1.2.3\nenvironments: {{local: {{}}}}\nreleases: {{greeting: {{}}}}\n"
        good.write(FILE, f"{text}digest: {'f' * 64}\n")
        with pytest.raises(PenstockError) as caught:
            findings(good)
        assert caught.value.message == (
            f"{FILE}: the chart {chart}@1.2.3 is not what it was: {FILE} has {'f' * 64}, pulled was {digest}"
        )
        good.write(FILE, text)
        assert {rule for rule, _, _ in findings(good)} == {"fidelity/difference"}
        assert f"digest: {digest}" in capsys.readouterr().err
    finally:
        server.stop()
    good.write(FILE, f"{text}digest: {digest}\n")
    assert {rule for rule, _, _ in findings(good)} == {"fidelity/difference"}  # from the cache

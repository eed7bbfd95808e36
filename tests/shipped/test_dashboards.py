"""The rendered dashboards are valid; Grafana would show their faults only when one is opened."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from penstock.core import yaml
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve
from platform_dashboards import Dashboard, Panel, dashboards, named, object_of, sources, strings

# What Grafana brings along: any other kind of panel would be a plugin.
_CORE = {"bargauge", "heatmap", "logs", "nodeGraph", "row", "stat", "table", "timeseries"}
_MOST = 1024 * 1024
_INTERVALS = re.compile(r"\$__(rate_interval|interval|range)")
_VARIABLE = re.compile(r"\$\{?(?!_)(\w+)")
_PAIRS = {"(": ")", "[": "]", "{": "}"}

every = pytest.mark.parametrize("dashboard", dashboards(), ids=lambda each: each.file)


def test_the_expected_dashboards_exist() -> None:
    assert {each.file for each in dashboards()} == {
        f"{name}.json" for name in ("flux", "logs", "network", "observability", "platform", "services")
    }


def test_each_is_mounted_and_one_is_the_home_page() -> None:
    pod = object_of("deployment-grafana.yaml")["spec"]["template"]["spec"]
    volumes = {each["name"]: each for each in pod["volumes"]}
    mounted = {each["configMap"]["name"] for each in volumes["dashboards"]["projected"]["sources"]}
    assert mounted == {each.config_map for each in dashboards()}

    mount = next(each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "dashboards")
    provider = object_of("configmap-grafana-dashboard-providers.yaml")["data"]["providers.yaml"]
    assert yaml.parse(provider)["providers"][0]["options"]["path"] == mount["mountPath"]
    home = object_of("configmap-grafana.yaml")["data"]["grafana.ini"]
    path = re.search(r"default_home_dashboard_path = (.+)", home)
    assert path is not None
    assert path[1] in {f"{mount['mountPath']}/{each.file}" for each in dashboards()}


def test_uids_and_titles_are_unique() -> None:
    for key in ("uid", "title"):
        values = [each.content[key] for each in dashboards()]
        assert sorted(set(values)) == sorted(values)


@every
def test_it_fits_into_a_config_map(dashboard: Dashboard) -> None:
    assert len(dashboard.text.encode()) < _MOST


@every
def test_panels_have_unique_ids_and_core_types(dashboard: Dashboard) -> None:
    ids = [panel["id"] for panel in dashboard.panels]
    assert sorted(set(ids)) == sorted(ids)
    assert {panel["type"] for panel in dashboard.panels} <= _CORE


@every
def test_panels_stay_within_24_columns_and_do_not_overlap(dashboard: Dashboard) -> None:
    for panel in dashboard.panels:
        place = panel["gridPos"]
        assert min(place.values()) >= 0, panel["title"]
        assert place["w"] > 0, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
    for one, other in combinations(dashboard.panels, 2):
        assert not _overlap(one, other), f"{one['title']} and {other['title']}"


def _overlap(one: Panel, other: Panel) -> bool:
    a, b = one["gridPos"], other["gridPos"]
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or above)


@every
def test_every_data_source_is_provisioned(dashboard: Dashboard) -> None:
    asked = list(named(dashboard.content, "datasource"))
    known = {(each["type"], uid) for uid, each in sources().items()}
    assert len(asked) >= len([panel for panel in dashboard.panels if panel["type"] != "row"])
    assert {(each["type"], each["uid"]) for each in asked} <= known


@every
def test_every_variable_is_defined(dashboard: Dashboard) -> None:
    known = {each["name"] for each in dashboard.variables}
    texts = [text for panel in dashboard.panels for text in strings(panel.get("targets", []))]
    texts += [text for each in dashboard.variables for text in strings(each["query"])]
    used = {name for text in texts for name in _VARIABLE.findall(text) if not name.isdigit()}
    assert used <= known
    assert known <= used


@every
def test_links_lead_to_dashboards(dashboard: Dashboard) -> None:
    uids = {each.content["uid"]: each for each in dashboards()}
    for url in named(dashboard.content, "url"):
        target = re.match(r"/d/([\w-]+)\?", url)
        assert target is not None, url
        assert target[1] in uids, url
        assert set(re.findall(r"var-(\w+)=", url)) <= {each["name"] for each in uids[target[1]].variables}, url


@pytest.mark.integration
@every
def test_promql_parses(dashboard: Dashboard, tmp_path: Path) -> None:
    """Each expression is tested as a recording rule, which promtool parses as Prometheus does."""
    rules = [
        {"record": f"panel:{panel['id']}:{index}", "expr": _INTERVALS.sub("5m", expression)}
        for index, (panel, expression) in enumerate(dashboard.targets("prometheus"))
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.dump({"groups": [{"name": dashboard.file, "rules": rules}]}))
    result = run(Command([resolve("promtool"), "check", "rules", "--lint=none", path], ok=(0, 1)))
    assert result.code == 0, result.stderr.decode()


@every
def test_logql_and_traceql_are_balanced(dashboard: Dashboard) -> None:
    """No program here can parse them, so only missing brackets and quotes are reported."""
    for kind in ("loki", "tempo"):
        for panel, expression in dashboard.targets(kind):
            assert _unbalanced(expression) == "", panel["title"]


def _unbalanced(expression: str) -> str:
    open_, quote = "", ""
    for letter in expression:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in '"`':
            quote = letter
        elif letter in _PAIRS:
            open_ += _PAIRS[letter]
        elif letter in _PAIRS.values():
            if not open_.endswith(letter):
                return letter
            open_ = open_[:-1]
    return open_ + quote


@pytest.mark.parametrize(
    ("expression", "rest"),
    [('{a="x"} |= `]`', ""), ('{a="x"', "}"), ('sum(rate({a="x"}[5m])', ")"), ("{a=`x}", "}`"), ("a)", ")")],
)
def test_unbalanced_queries_are_reported(expression: str, rest: str) -> None:
    assert _unbalanced(expression) == rest

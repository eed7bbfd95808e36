"""Every rendered alert has a page in docs/runbooks, tests in tests/rules, and existing targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from penstock.core import yaml
from penstock.platform.layout import ENGINE

RUNBOOKS = ENGINE / "docs" / "runbooks"
ENVIRONMENTS = sorted(path.stem for path in (ENGINE / "environments").glob("*.yaml") if path.stem != "base")
_PORTS = re.compile(r"996\d")


@cache
def prometheus_files(environment: str) -> dict[str, Any]:
    """The files of Prometheus' ConfigMap, parsed."""
    path = ENGINE / "manifests" / environment / "prometheus" / "configmap-prometheus.yaml"
    return {name: yaml.parse(text) for name, text in yaml.parse(path.read_text())["data"].items()}


@cache
def alerts(environment: str) -> dict[str, dict[str, Any]]:
    """Each alert's rule by its name."""
    files = [content for name, content in prometheus_files(environment).items() if name.endswith(".rules.yml")]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]
    found = {rule["alert"]: rule for rule in rules}
    assert len(found) == len(rules) > 0, "no alerts, or two of one name"
    return found


@cache
def unit_tests() -> tuple[set[str], set[str]]:
    """The alerts that a test expects to fire, and those that a test expects not to."""
    fires: set[str] = set()
    silent: set[str] = set()
    for path in (ENGINE / "tests" / "rules").glob("*.yaml"):
        if path.name != "routes.yaml":
            for test in yaml.parse(path.read_text())["tests"]:
                for expected in test.get("alert_rule_test", []):
                    (fires if expected["exp_alerts"] else silent).add(expected["alertname"])
    return fires, silent


def objects(environment: str) -> Iterator[dict[str, Any]]:
    """The environment's Services and workloads."""
    for path in (ENGINE / "manifests" / environment).glob("*/*.yaml"):
        if path.name.split("-")[0] in ("service", "deployment", "statefulset", "daemonset"):
            yield yaml.parse(path.read_text())


def scraped_jobs(environment: str) -> set[str]:
    """The values of the label `job` that the scrape configuration can give."""
    configs = prometheus_files(environment)["prometheus.yml"]["scrape_configs"]
    jobs = {config["job_name"] for config in configs}
    for found in objects(environment):
        ports = found["spec"].get("ports", [])
        template = found["spec"].get("template", {}).get("metadata", {})
        if any(port["name"] == "http-metrics" for port in ports):
            jobs.add(found["metadata"]["labels"]["app.kubernetes.io/name"])
        elif "prometheus.io/scrape" in template.get("annotations", {}):
            jobs.add(template["labels"]["app.kubernetes.io/name"])
    # Cilium's jobs, by the ports that its pods declare.
    declared = {
        str(port["containerPort"])
        for found in objects(environment)
        for container in found["spec"].get("template", {}).get("spec", {}).get("containers", [])
        for port in container.get("ports", [])
    }
    (cilium,) = (config for config in configs if config["job_name"] == "cilium")
    rules = [rule for rule in cilium["relabel_configs"] if _PORTS.fullmatch(rule.get("regex", ""))]
    return jobs | {rule["replacement"] for rule in rules if rule["regex"] in declared}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_alert_has_its_labels_and_annotations(environment: str) -> None:
    for name, rule in alerts(environment).items():
        assert rule["labels"]["severity"] in ("critical", "warning", "none"), name
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, name
        assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{name}.md"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_alert_has_its_page_and_every_page_its_alert(environment: str) -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == set(alerts(environment))
    for name, rule in alerts(environment).items():
        lines = (RUNBOOKS / f"{name}.md").read_text().splitlines()
        assert lines[0] == f"# {name}"
        if "for" in rule:
            assert lines[2].startswith(f"*{rule['labels']['severity']}, after {rule['for'][:-1]} minutes; "), name
        headings = [line for line in lines if line.startswith("## ")]
        assert headings == ["## What it means", "## How to look", "## Usual causes", "## What to do"], name


def test_the_table_of_runbooks_has_a_row_for_each_alert() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \| (.+) \|$", (RUNBOOKS / "README.md").read_text(), re.M)
    rules = alerts(ENVIRONMENTS[0])
    wanted = {(n, n, rule["labels"]["severity"], rule["annotations"]["summary"]) for n, rule in rules.items()}
    assert set(rows) == wanted
    assert len(rows) == len(wanted)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_alert_has_a_test_that_fires_and_one_that_does_not(environment: str) -> None:
    fires, silent = unit_tests()
    assert fires == set(alerts(environment))
    # What always fires can't be silent.
    assert silent == {name for name, rule in alerts(environment).items() if rule["expr"] != "vector(1)"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_required_targets_are_scraped(environment: str) -> None:
    wanted = set(re.findall(r'up\{job="([^"]+)"\}', alerts(environment)["TargetMissing"]["expr"]))
    assert wanted
    assert wanted - scraped_jobs(environment) == set()


def test_links_between_pages_lead_somewhere() -> None:
    for page in RUNBOOKS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"
        # Other alerts are named in passing, and may be renamed.
        named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", page.read_text()))
        known = {path.stem for path in RUNBOOKS.glob("*.md")} | _KUBERNETES
        assert named <= known, f"{page.name}: {named - known}"


# Words of Kubernetes, Loki and S3 that are written like alerts.
_KUBERNETES = {
    "AccessDenied",
    "ImagePullBackOff",
    "CreateContainerConfigError",
    "NetworkPluginNotReady",
    "NoSuchBucket",
    "OOMKilled",
}

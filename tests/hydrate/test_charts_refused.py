"""What an upstream chart may not be, and where it may not come from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from chart_server import ChartServer
from chart_support import CHART, HELMFILE, PATCH, check_oracle, name, refused
from penstock.core.errors import PenstockError
from penstock.hydrate.charts import Charts
from support import Platform


@pytest.mark.parametrize("version", ["^1.2.3", "1.2", "1.x", ">=1.0.0", "latest", "1.2.3 || 2.0.0", "~1.2.3", "1.2.3-"])
def test_a_version_that_means_several(version: str, good: Platform) -> None:
    with pytest.raises(PenstockError, match="is no exact version"):
        Charts(good.layout, may_lock=True).archive(HELMFILE, "oci://127.0.0.1:9/echo", version, {})


@pytest.mark.parametrize(
    ("chart", "url", "said"),
    [
        ("up/echo", "http://example.org", "http://example.org/echo is not encrypted"),
        ("up/echo", "https://somebody:secret@example.org", "is no place of a chart"),
        ("up/../echo", "https://example.org/..", "is no place of a chart"),
        ("git::https://example.org/echo", "https://example.org", "is no place of a chart"),
        ("https://example.org/echo.tgz", "https://example.org", "is no place of a chart"),
        ("down/echo", "https://example.org", "`repositories:` has no `down` with a url"),
        ("up/echo", "", "`repositories:` has no `up` with a url"),
    ],
)
def test_a_place_that_is_none(chart: str, url: str, said: str, good: Platform) -> None:
    with pytest.raises(PenstockError) as caught:
        Charts(good.layout, may_lock=True).archive(HELMFILE, chart, "1.2.3", {"up": {"name": "up", "url": url}})
    assert caught.value.message.startswith(f"{HELMFILE}: ")
    assert said in caught.value.message


def test_a_repository_with_more_than_helm_needs(good: Platform) -> None:
    repository = {"name": "up", "url": "https://example.org", "password": "secret"}
    with pytest.raises(PenstockError) as caught:
        Charts(good.layout, may_lock=True).archive(HELMFILE, "up/echo", "1.2.3", {"up": repository})
    assert caught.value.message == f"{HELMFILE}: the repository `up` has `password`, which is not supported"


def test_two_versions_under_one_name(good: Platform, server: ChartServer) -> None:
    server.add("echo", "1.2.3")
    server.add("echo", "1.2.4")
    name(good, server, more="  - name: other\n    namespace: town\n    chart: up/echo\n    version: 1.2.4\n")
    assert refused(good.hydrate, good).startswith(f"{HELMFILE}: two versions of the chart up/echo | ")


HOOK = "apiVersion: v1\nkind: ConfigMap\n"
HOOK += "metadata: {name: before, namespace: town, annotations: {helm.sh/hook: WHEN}}\n"


def test_a_hook_is_refused_unless_it_is_taken_out(good: Platform, server: ChartServer) -> None:
    files = {f"templates/{when}.yaml": HOOK.replace("WHEN", when) for when in ("pre-install", "test")}
    server.add("echo", "1.2.3", files)
    name(good, server)
    assert refused(good.hydrate, good) == (
        "components/echo: ConfigMap before is a hook of Helm (pre-install), rendered by "
        "echo@1.2.3/templates/pre-install.yaml, and nothing here runs hooks | "
        "turn it off by a value of the chart, or write components/echo/hooks.yaml, as "
        "docs/how-to/add-an-upstream-chart.md#hooks shows:\nhooks:\n"
        "- {kind: ConfigMap, name: before, namespace: town, action: apply}"
    )
    good.write(
        "components/echo/kustomize/overlays/local/kustomization.yaml",
        "resources: [chart.yaml]\npatches:\n  - target: {kind: ConfigMap, name: before}\n    patch: |\n"
        "      $patch: delete\n      apiVersion: v1\n      kind: ConfigMap\n      metadata: {name: before}\n",
    )
    good.hydrate()
    assert list(good.lock.components["echo"].files) == ["configmap-echo.yaml"]


def test_what_is_random_is_refused(good: Platform, server: ChartServer) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca, namespace: town}\ndata:\n"
    text += '  key: {{ (genCA "echo" 365).Cert | b64enc }}\n'
    server.add("echo", "1.2.3", {"templates/ca.yaml": text})
    name(good, server)
    assert refused(good.hydrate, good).startswith(
        "components/echo: echo@1.2.3/templates/ca.yaml: ConfigMap/ca differs between two renders at .data.key"
    )


def test_a_subchart_is_in_the_archive_or_refused(good: Platform, server: ChartServer) -> None:
    wants = "dependencies:\n  - {name: sub, version: 1.0.0, repository: 'https://example.org'}\n"
    inner = {
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/templates/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub, namespace: town}\n",
    }
    server.add("echo", "1.2.3", {}, wants)
    server.add("echo", "1.2.4", inner, wants)
    name(good, server)
    assert refused(good.hydrate, good).startswith(
        "components/echo: the chart echo depends on sub, which is not in its charts/ and would have to be fetched | "
    )
    name(good, server, "1.2.4")
    good.hydrate()
    assert "name: sub" in good.text("echo/configmap-sub.yaml")
    server.stop()
    name(good, server, "1.2.4", PATCH)  # helmfile has another way with charts that it patches
    good.hydrate()
    assert "name: sub" in good.text("echo/configmap-sub.yaml")
    assert "more: patched" in good.text(CHART)
    check_oracle(good)


def test_a_library_is_refused(good: Platform, server: ChartServer) -> None:
    server.add("echo", "1.2.3", {}, "type: library\n")
    name(good, server)
    assert "the chart echo is of the type library, which renders nothing by itself" in refused(good.hydrate, good)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<<<<<<< ours\n", "charts.lock is not a lock of charts (a merge conflict?) | keep the lines of both sides"),
        ('{"version": 1, "charts": {"oci://example.org/echo@1.2.3": ""}}', "charts.lock is not a lock of charts"),
        ('{"version": 2, "charts": {}}', "charts.lock has format 2, and this Penstock reads 1 | hydrate with the one"),
    ],
)
def test_a_lock_that_is_damaged(text: str, said: str, locked: Platform) -> None:
    locked.write("charts.lock", text)
    before = locked.files()
    calls: list[Callable[[], None]] = [locked.hydrate, locked.check, partial(locked.check, fast=True)]
    for call in calls:
        with pytest.raises(PenstockError) as caught:
            call()
        assert f"{caught.value.message} | {caught.value.hint}".startswith(said)
    assert locked.files() == before

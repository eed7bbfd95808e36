"""Upstream charts: pulled once, locked, the same bytes from then on, and no network where they are in the cache."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chart_server import ChartServer
from chart_support import CHART, HELMFILE, PATCH, archive, check_oracle, forget, name, noted, refused
from penstock.core.errors import PenstockError
from penstock.platform.layout import cache_home
from support import Platform

# --- locking


def test_the_first_hydrate_locks_and_says_so(good: Platform, server: ChartServer) -> None:
    digest = server.add("echo", "1.2.3")
    name(good, server)
    ran = good.succeed("hydrate")
    assert f"  + charts.lock: {server.url}/echo@1.2.3 is {digest}\n" in ran.stderr
    assert noted(good) == {f"{server.url}/echo@1.2.3": digest}
    assert "text: default" in good.text(CHART)
    assert good.lock.components["echo"].charts == [f"{server.url}/echo@1.2.3"]
    assert "charts.lock" not in good.succeed("hydrate").stderr
    assert not (cache_home().parent / "helm").exists()  # what the user's own helm would have left


@pytest.mark.parametrize("way", ["url", "alias", "scheme"])
def test_a_registry_does_as_well(way: str, good: Platform, server: ChartServer) -> None:
    digest = server.add("echo", "1.2.3+build.4")
    if way == "url":
        name(good, server, "1.2.3+build.4", chart=f"{server.oci}/echo")
    else:
        url = server.oci if way == "scheme" else server.oci.removeprefix("oci://")
        keys = {"name": "up", "url": url, **({"oci": True} if way == "alias" else {})}
        name(good, server, "1.2.3+build.4")
        good.replace(HELMFILE, json.dumps({"name": "up", "url": server.url}), json.dumps(keys))
    good.hydrate()
    assert noted(good) == {f"{server.oci}/echo@1.2.3+build.4": digest}
    server.stop()
    good.check()
    check_oracle(good)


def test_a_check_never_locks(good: Platform, server: ChartServer) -> None:
    server.add("echo", "1.2.3")
    name(good, server)
    assert refused(good.check, good) == (
        f"{HELMFILE}: the chart {server.url}/echo@1.2.3 is not in charts.lock | "
        "run `inv hydrate`, and commit charts.lock with the manifests"
    )
    assert server.asked == []
    assert not (good.root / "charts.lock").exists()


def test_an_upgrade_takes_the_place_of_the_old_version(locked: Platform, server: ChartServer) -> None:
    digest = server.add("echo", "1.2.4")
    name(locked, server, "1.2.4")
    assert locked.findings() == ["components/echo changed since manifests/local/echo was hydrated"]
    ran = locked.succeed("hydrate", "-e", "local")
    assert "  - charts.lock" not in ran.stderr  # another environment might still name it
    assert len(noted(locked)) == 2
    assert f"  - charts.lock: {server.url}/echo@1.2.3\n" in locked.succeed("hydrate").stderr
    assert noted(locked) == {f"{server.url}/echo@1.2.4": digest}
    shutil.rmtree(locked.root / "components" / "echo")
    locked.hydrate()
    assert not (locked.root / "charts.lock").exists()


def test_a_release_that_an_environment_does_without_is_not_pulled(good: Platform, server: ChartServer) -> None:
    name(good, server, "1.2.3", "    installed: false\n")
    good.hydrate()
    name(good, server, "1.2.3", "    condition: who.enabled\n")
    good.write("environments/local.yaml", "cluster: {name: tiny}\nwho: {enabled: false}\n")
    good.write("components/greeting/values.yaml.gotmpl", "text: hello\n")
    good.hydrate()
    assert (server.asked, noted(good)) == ([], {})


# --- the same bytes


def test_what_is_in_the_cache_needs_no_server(locked: Platform, server: ChartServer) -> None:
    server.stop()
    name(locked, server, more="    values:\n      - text: changed\n")
    locked.hydrate()
    assert "text: changed" in locked.text(CHART)
    locked.check()


def test_the_fast_check_needs_neither_chart_nor_program(locked: Platform, server: ChartServer) -> None:
    server.stop()
    forget()
    assert locked.findings() == []
    text = (locked.root / "charts.lock").read_text()
    (digest,) = noted(locked).values()
    locked.write("charts.lock", text.replace(digest, "0" * 64))
    assert locked.findings() == ["components/echo changed since manifests/local/echo was hydrated"]
    (locked.root / "charts.lock").unlink()
    assert locked.findings() == ["components/echo changed since manifests/local/echo was hydrated"]


@pytest.mark.parametrize("verb", ["hydrate", "check"])
def test_other_bytes_are_refused(verb: str, locked: Platform, server: ChartServer) -> None:
    (old,) = noted(locked).values()
    new = server.add("echo", "1.2.3", {"values.yaml": "text: evil\n"})
    name(locked, server, more="    labels: {a: b}\n")  # stale, so that it is rendered
    forget()
    said = refused(locked.hydrate if verb == "hydrate" else locked.check, locked)
    assert said.startswith(
        f"{HELMFILE}: the chart {server.url}/echo@1.2.3 is not what it was: charts.lock has {old}, pulled was {new} | "
        "other bytes were published under this version: find out why."
    )
    assert not archive(new).exists()
    (locked.root / "charts.lock").unlink()  # the way to take them all the same
    locked.hydrate()
    assert "text: evil" in locked.text(CHART)


def test_a_damaged_archive_is_pulled_again_and_never_rendered(locked: Platform, server: ChartServer) -> None:
    (digest,) = noted(locked).values()
    whole = archive(digest).read_bytes()
    archive(digest).write_bytes(whole[:-1])
    locked.check()
    assert archive(digest).read_bytes() == whole
    archive(digest).write_bytes(b"")
    server.stop()
    assert f"the chart {server.url}/echo 1.2.3 can't be pulled: " in refused(locked.check, locked)


def test_two_platforms_share_the_cache(
    locked: Platform, server: ChartServer, platform: Callable[..., Platform]
) -> None:
    server.stop()
    other = platform(folder="other")
    name(other, server)
    assert "can't be pulled" in refused(other.hydrate, other)  # it hasn't said yet which bytes it trusts
    other.write("charts.lock", (locked.root / "charts.lock").read_text())
    other.hydrate()
    assert other.files("manifests/local/echo") == locked.files("manifests/local/echo")


def test_where_the_cache_is_has_no_say(locked: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache" / "penstock").mkdir(parents=True)
    (tmp_path / "cache" / "penstock" / "tools").symlink_to(cache_home() / "tools")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    locked.check()
    assert (tmp_path / "cache" / "penstock" / "charts").is_dir()


@pytest.mark.parametrize("more", ["", PATCH, "    set: [{name: text, value: set}]\n"])
def test_helmfile_itself_renders_the_same_from_the_same_archive(more: str, good: Platform, server: ChartServer) -> None:
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: w.example.org}\n"
    crd += "spec: {group: example.org, scope: Cluster, names: {kind: W, plural: w}}\n"
    lookup = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: found, namespace: town}\n"
    lookup += 'data: {found: {{ len (lookup "v1" "Namespace" "" "town") | quote }}}\n'
    server.add("echo", "1.2.3", {"crds/w.yaml": crd, "templates/NOTES.txt": "hello", "templates/lookup.yaml": lookup})
    good.replace("environments/helmfile.yaml.gotmpl", "skipDeps: true", "skipDeps: false")  # as helmfile has it
    name(good, server, more=more)
    good.hydrate()
    server.stop()
    good.check()
    check_oracle(good)
    assert len(good.lock.components["echo"].files) == 3
    assert 'found: "0"' in good.text("echo/configmap-found.yaml")
    good.replace(f"manifests/local/{CHART}", "text:", "txet:")
    with pytest.raises(PenstockError, match="ConfigMap town/echo differs at"):
        check_oracle(good)


def test_a_kustomization_gives_the_namespace_that_a_chart_leaves_to_helm(good: Platform, server: ChartServer) -> None:
    bare = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: echo}\n---\n"
    bare += "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: echo}\nrules: []\n"
    server.add("echo", "1.2.3", {"templates/configmap.yaml": bare})
    name(good, server)
    assert "ConfigMap echo (configmap-echo.yaml) has no metadata.namespace" in refused(good.hydrate, good)
    good.write(
        "components/echo/kustomize/overlays/local/kustomization.yaml", "resources: [chart.yaml]\nnamespace: town\n"
    )
    good.hydrate()
    assert "namespace: town" in good.text(CHART)
    assert "namespace" not in good.text("echo/clusterrole-echo.yaml")
    check_oracle(good)


def test_the_same_archive_from_two_places(good: Platform, server: ChartServer) -> None:
    server.add("echo", "1.2.3")
    name(good, server)
    text = (good.root / HELMFILE).read_text()
    name(good, server, chart=f"{server.oci}/echo")
    good.write("components/again/helmfile.yaml.gotmpl", text.replace("name: echo", "name: again"))
    good.hydrate()
    assert len(set(noted(good).values())) == 1
    assert good.lock.components["again"].charts == [f"{server.url}/echo@1.2.3"]
    assert good.lock.components["echo"].charts == [f"{server.oci}/echo@1.2.3"]


# --- what machines do


def test_a_server_that_is_gone(good: Platform, server: ChartServer) -> None:
    server.stop()
    name(good, server)
    said = refused(good.hydrate, good)
    assert said.startswith(f"{HELMFILE}: the chart {server.url}/echo 1.2.3 can't be pulled: looks like ")
    assert "connection refused | is its name right, and the network there?" in said
    assert "\n" not in said


def test_a_version_that_is_not_there(good: Platform, server: ChartServer) -> None:
    server.add("echo", "1.2.3")
    name(good, server, "1.2.4")
    assert 'can\'t be pulled: chart "echo" version "1.2.4" not found' in refused(good.hydrate, good)


def test_killed_while_it_pulls_all_is_as_it_was(good: Platform, server: ChartServer) -> None:
    server.add("echo", "1.2.3")
    server.hang = threading.Event()
    name(good, server)
    before = good.files()
    started = good.start("hydrate", env={"TMPDIR": str(good.root.parent)})
    assert server.hang.wait(60)
    os.killpg(started.pid, signal.SIGKILL)  # helm itself waits on, for a server that never answers
    started.communicate(timeout=60)
    assert good.files() == before
    assert not (good.root / "charts.lock").exists()
    assert not (cache_home() / "charts").exists()
    server.hang = None
    good.hydrate()
    good.check()


@pytest.mark.parametrize("step", ["charts", "tree"])
def test_killed_between_the_lock_and_the_tree(
    step: str, good: Platform, server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("echo", "1.2.3")
    name(good, server)
    before = good.files()
    with monkeypatch.context() as patch:
        patch.setattr(f"penstock.{'hydrate.charts_lock' if step == 'charts' else 'hydrate.write'}.write", _killed)
        with pytest.raises(KeyboardInterrupt):
            good.hydrate()
    assert good.files() == before
    assert len(noted(good)) == (step == "tree")
    assert good.findings() == ["components/echo changed since manifests/local/echo was hydrated"]
    good.hydrate()
    good.check()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_users_helm_has_no_say_but_for_its_logins(
    good: Platform, server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("echo", "1.2.3")
    server.login = "somebody:secret"
    name(good, server, chart=f"{server.oci}/echo")
    config = tmp_path / "helm"
    config.write_text("this is no folder")
    monkeypatch.setenv("HELM_CACHE_HOME", str(config))
    monkeypatch.setenv("HELM_DATA_HOME", str(config))
    monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(config))
    assert "can't be pulled" in refused(good.hydrate, good)
    auth = base64.b64encode(server.login.encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {f"127.0.0.1:{server.port}": {"auth": auth}}}))
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "config.json"))
    good.hydrate()
    good.check()

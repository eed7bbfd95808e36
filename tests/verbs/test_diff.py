"""inv diff against the last commit of a tiny platform, in a Git repository of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.tools.git import files
from support import Platform, copy_platform


@pytest.fixture
def committed(good: Platform) -> Platform:
    """The good platform, hydrated and committed."""
    good.git("init", "--quiet", "--initial-branch=main")
    good.commit("Start")
    return good


def as_json(platform: Platform, *words: str) -> Any:
    return json.loads(platform.succeed("diff", "--json", *words).stdout)


def test_nothing_changes(committed: Platform) -> None:
    ran = committed.succeed("diff")
    assert ran.stdout == "local: nothing changes\n"
    assert ran.stderr.startswith("manifests/ of the working tree against HEAD (")


def test_an_edit_an_addition_and_a_removal(committed: Platform) -> None:
    committed.release("farewell", values="text: bye\n")
    committed.hydrate()
    committed.commit("Say goodbye")
    committed.replace("components/greeting/values.yaml.gotmpl", "hello", "good morning,")
    (committed.root / "components/farewell/values.yaml").unlink()
    (committed.root / "components/farewell/helmfile.yaml.gotmpl").unlink()
    (committed.root / "components/farewell").rmdir()
    committed.release("market", values="text: fish\n")
    committed.hydrate()
    before = committed.git("status", "--porcelain"), committed.files("")
    ran = committed.succeed("diff")
    assert (
        ran.stdout
        == """\
local
  farewell
    - ConfigMap town/farewell
      → pruned
  flux-system
    - Kustomization flux-system/farewell
      → pruned; what it has applied is pruned with it
    + Kustomization flux-system/market
  greeting
    ~ ConfigMap town/greeting
        data.text: hello world → good morning, world
  market
    + ConfigMap town/market
local: 1 changed, 2 added, 2 removed
"""
    )
    # Neither the files nor the index were touched.
    assert (committed.git("status", "--porcelain"), committed.files("")) == before
    assert "market" not in committed.succeed("diff", "--base", "HEAD", "-e", "local", "--json").stderr


def test_another_base(committed: Platform) -> None:
    committed.replace("components/greeting/values.yaml.gotmpl", "hello", "hi")
    committed.hydrate()
    committed.commit("Be brief")
    assert committed.succeed("diff").stdout == "local: nothing changes\n"
    [found] = as_json(committed, "--base", "HEAD~1")
    assert found["changes"] == [
        {
            "what": "changed",
            "component": "greeting",
            "object": "ConfigMap town/greeting",
            "fields": [{"path": "data.text", "old": "hello world", "new": "hi world"}],
            "effects": [],
        }
    ]


@pytest.mark.parametrize("revision", ["HEAD~7", "nonsense", "--all", ""])
def test_an_unknown_revision(committed: Platform, revision: str) -> None:
    ran = committed.run("diff", f"--base={revision}")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"error: unknown revision `{revision}`\n")


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    made = copy_platform("", tmp_path / "platform")
    ran = made.run("diff")
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (1, "error: HEAD has no commit yet")


def test_stale_manifests_are_said_to_be_and_shown_all_the_same(committed: Platform) -> None:
    committed.replace("components/greeting/values.yaml.gotmpl", "hello", "hi")
    committed.hydrate()
    committed.replace("components/greeting/values.yaml.gotmpl", "hi", "hey")
    ran = committed.succeed("diff")
    stale = "components/greeting changed since manifests/local/greeting was hydrated"
    assert f"warning: {stale}; run `inv hydrate` first: the diff reads manifests/ as it is\n" in ran.stderr
    assert "data.text: hello world → hi world" in ran.stdout
    assert as_json(committed)[0]["stale"] == [stale]


def test_a_damaged_lock_does_not_hide_the_difference(committed: Platform) -> None:
    committed.replace("manifests/local/greeting/configmap-greeting.yaml", "hello", "hi")
    committed.write("manifests/local/penstock.lock", "<<<<<<< HEAD\n")
    [found] = as_json(committed)
    assert found["stale"] == ["manifests/local/penstock.lock has a merge conflict"]
    assert [change["object"] for change in found["changes"]] == ["ConfigMap town/greeting"]


def test_a_file_that_holds_no_object_is_an_error(committed: Platform) -> None:
    committed.write("manifests/local/greeting/configmap-greeting.yaml", "<<<<<<< HEAD\n")
    ran = committed.run("diff")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "error: manifests/local/greeting/configmap-greeting.yaml: no object" in ran.stderr


@pytest.mark.integration
def test_workloads(tmp_path: Path) -> None:
    """One that is rolled, one that is refused, and a Secret that is needed."""
    made = copy_platform("a-running-platform", tmp_path / "platform")
    made.hydrate()
    made.commit("Start")
    server = "components/server/kustomize/base/server.yaml"
    made.replace(server, "server:1", "server:2")
    made.hydrate()
    assert made.succeed("diff").stdout.splitlines()[-1] == (
        "local: 1 changed, 0 added, 0 removed; rolls StatefulSet town/server"
    )
    made.replace(server, "serviceName: server", "serviceName: servers")
    made.replace(server, "{name: login}", "{name: key}")
    made.hydrate()
    lines = made.succeed("diff").stdout.splitlines()
    assert "        spec.serviceName: server → servers" in lines
    assert any(line.startswith("      → refused: spec.serviceName: ") and "is immutable" in line for line in lines)
    assert any(line.startswith("      → needs Secret town/key: no secrets.yaml declares it") for line in lines)
    assert lines[-1] == (
        "local: 1 changed, 0 added, 0 removed; refused StatefulSet town/server; new Secrets for StatefulSet town/server"
    )


def test_an_environment_that_is_new_and_one_that_is_gone(committed: Platform) -> None:
    committed.replace("helmfile.yaml", "local: {}", "village: {}")
    committed.git("mv", "environments/local.yaml", "environments/village.yaml")
    committed.git("mv", "components/spaces/kustomize/overlays/local", "components/spaces/kustomize/overlays/village")
    committed.hydrate()
    committed.git("rm", "-rq", "--cached", "manifests/local")
    for path in sorted((committed.root / "manifests/local").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    found = as_json(committed)
    assert [(each["environment"], {change["what"] for change in each["changes"]}) for each in found] == [
        ("local", {"removed"}),
        ("village", {"added"}),
    ]


def test_a_platform_below_the_root_of_its_repository(good: Platform) -> None:
    outer = good.root.parent
    around = Platform(outer)
    around.git("init", "--quiet", "--initial-branch=main")
    around.commit("Start")
    good.replace("components/greeting/values.yaml.gotmpl", "hello", "hi")
    good.hydrate()
    assert good.succeed("diff").stdout.splitlines()[-1] == "local: 1 changed, 0 added, 0 removed"


def test_files_of_a_commit_are_whole_whatever_they_hold(committed: Platform) -> None:
    odd = {"odd/a b.yaml": b"", "odd/ä\n.bin": bytes(range(256)) * 3, "odd/line": b"\n\n"}
    for path, data in odd.items():
        (committed.root / "odd").mkdir(exist_ok=True)
        (committed.root / path).write_bytes(data)
    (committed.root / "odd" / "link").symlink_to("line")
    committed.commit("Odd")
    assert files(committed.root, "HEAD", "odd") == odd
    assert files(committed.root, "HEAD", "nowhere") == {}


def test_long_texts_are_cut_and_json_has_all(committed: Platform) -> None:
    numbers = "".join(f"{number}\n" for number in range(60))
    committed.write(
        "components/greeting/values.yaml.gotmpl", "text: |\n" + "".join(f"  {n}\n" for n in numbers.split())
    )
    committed.hydrate()
    lines = committed.succeed("diff").stdout.splitlines()
    assert "          … 22 more lines: inv diff --json has all" in lines
    [change] = as_json(committed)[0]["changes"]
    assert change["fields"][0]["lines"] == ["@@ -1 +1,60 @@", "-hello world", *(f"+{n}" for n in numbers.split())]

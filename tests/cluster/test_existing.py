"""An existing cluster, with a real API server and the real Flux: what is done to it, and what never is."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.others import CONTEXT, TOKEN, Others, others
from penstock.core import yaml
from penstock.gitops.objects import credentials
from penstock.tools.on_path import FLUX

TARGET = ("--provider", "existing", "--context", CONTEXT)


@pytest.fixture(scope="module")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Others]:
    with others(tmp_path_factory.mktemp("others").resolve()) as made:
        yield made


def recorded(town: Others) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((town.platform.root / ".penstock" / "local" / "state.json").read_text())
    return found


def refused(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The one line of an error, and its hint; nothing else may have been said."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("existing: ")]
    assert done.returncode == 1, done.stderr
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("  hint: ")
    return lines[0].removeprefix("error: "), lines[1].removeprefix("  hint: ")


def everything(town: Others) -> set[str]:
    """Every object of the kinds that matter, with its uid: one that was made again is another one."""
    kinds = "namespaces,deployments,statefulsets,daemonsets,configmaps,secrets,persistentvolumeclaims,crds"
    items = town.kubectl.get(f"{kinds},gitrepositories,kustomizations", "-A")
    return {f"{item['kind']} {item['metadata']['name']} {item['metadata']['uid']}" for item in items}


@pytest.fixture(scope="module")
def before(town: Others) -> set[str]:
    """What is in the cluster before the first verb."""
    return names(town)


def names(town: Others) -> set[str]:
    return set(town.kubectl.run("get", "namespaces,crds,daemonsets", "-A", "-o", "name").text.split())


@pytest.fixture
def untouched(town: Others, before: set[str]) -> Iterator[None]:
    """A refusal leaves neither the cluster nor this checkout changed."""
    yield
    assert names(town) == before
    assert not (town.platform.root / ".penstock" / "local").exists()


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["--provider", "existing"], "which cluster? No context was given", "add --context NAME"),
        (["--provider", "existing", "--context", "nobody", "--yes"], "the context `nobody` can't be read", "get-cont"),
        (
            ["--provider", "existing", "--context", "elsewhere", "--yes"],
            "the context elsewhere is not the cluster of local: it leads to https://elsewhere.example, and",
            "fix cluster.existing.server of local",
        ),
        ([*TARGET], f"`inv up` of local would change the cluster of the context {CONTEXT}", "add --yes"),
        ([*TARGET, "--source", "local"], "the provider existing can't take the source `local`", "--source remote"),
        (["--provider", "kwok", "--context", CONTEXT], "the provider kwok makes its own context", "--provider exist"),
    ],
)
def test_what_is_not_meant_for_this_cluster(
    town: Others, untouched: None, words: list[str], error: str, hint: str
) -> None:
    said = refused(town.run("up", *words))
    assert error in said[0]
    assert hint in said[1]


def test_an_environment_that_names_no_cluster(town: Others, untouched: None) -> None:
    town.platform.write("environments/local.yaml", "cluster: {name: theirs}\nwho: world\n")
    try:
        said = refused(town.run("up", *TARGET, "--yes"))
    finally:
        town.platform.git("checkout", "--", ".")
    assert said == (
        "the environment local can't run on existing: its file in environments/ has no `cluster.existing.server`",
        "it can on kwok",
    )


def typed(town: Others, text: str) -> tuple[int, str]:
    """Run `up` on a terminal of its own, type a text when asked, and give the exit code and all that was said."""
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "penstock", "up", *TARGET]
    with subprocess.Popen(
        argv,
        cwd=town.platform.root,
        env={**os.environ, **town.env},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        os.write(ours, text.encode())
        said = process.communicate()[0]
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


@pytest.mark.parametrize("text", ["theirs\n", "\n", "\x04"])
def test_another_name_than_the_contexts_is_typed(town: Others, untouched: None, text: str) -> None:
    code, said = typed(town, text)
    assert code == 1
    assert f"will change the cluster of the context {CONTEXT}. Type its name to go on:" in said
    assert "error: that is not its name; nothing was changed" in said


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["switch", "--quiet", "--detach"], "HEAD is on no branch", "git switch BRANCH"),
        (["remote", "rename", "origin", "gone"], "this repository has no remote `origin`", "git push -u origin main"),
        (["remote", "set-url", "origin", "/srv/git/platform"], "which Flux can't reach", "git remote set-url origin"),
        (["commit", "--quiet", "--allow-empty", "-m", "Unpushed"], "is not what origin has as main", "git push origin"),
        (["switch", "--quiet", "--create", "other"], "is not what origin has as other", "git push origin other"),
    ],
)
def test_what_flux_would_not_find_at_the_remote(
    town: Others, untouched: None, words: list[str], error: str, hint: str
) -> None:
    config, head = (town.platform.root / ".git" / "config").read_bytes(), town.platform.git("rev-parse", "HEAD")
    town.platform.git("-c", "user.name=Test", "-c", "user.email=test@example.org", *words)
    try:
        said = refused(town.run("up", *TARGET, "--yes"))
    finally:
        (town.platform.root / ".git" / "config").write_bytes(config)
        town.platform.git("switch", "--quiet", "--force-create", "main", head)
    assert error in said[0]
    assert hint in said[1]


def test_manifests_that_are_not_committed(town: Others, untouched: None) -> None:
    town.platform.replace("environments/local.yaml", "world", "moon")
    try:
        town.succeed("hydrate")
        said = refused(town.run("up", *TARGET, "--yes"))
    finally:
        town.platform.git("checkout", "--", ".")
    assert said == (
        "manifests/ has changes that are not committed: the remote doesn't have them",
        "commit and push them first",
    )


def test_a_remote_that_asks_for_a_password_is_never_waited_for(town: Others, untouched: None, tmp_path: Path) -> None:
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
    ask.chmod(0o755)
    address = town.platform.git("remote", "get-url", "origin")
    town.platform.git("remote", "set-url", "origin", address.replace(f"flux:{TOKEN}@", ""))
    try:
        said = refused(town.run("up", *TARGET, "--yes", SSH_ASKPASS=str(ask), DISPLAY=":0"))
    finally:
        town.platform.git("remote", "set-url", "origin", address)
    assert "the remote `origin` doesn't answer: git failed (exit 128): fatal: could not read Username" in said[0]
    assert said[1] == "git ls-remote origin"
    assert not (tmp_path / "asked").exists()


def test_a_program_that_is_not_there_or_of_another_version(town: Others, untouched: None) -> None:
    other = refused(town.run("up", *TARGET, "--yes", FAKE_FLUX_VERSION="1.0.0"))
    assert other[0] == f"flux 1.0.0 is on PATH, and {FLUX.version} is pinned"
    missing = refused(town.run("up", *TARGET, "--yes", PATH=os.environ["PATH"]))
    assert missing == (
        "flux is not on PATH",
        f"mise install flux2@{FLUX.version}, or install that version your own way",
    )


def test_an_api_server_that_does_not_answer(town: Others, untouched: None, tmp_path: Path) -> None:
    config = yaml.parse(town.kubeconfig.read_text())
    own = tmp_path / "config"
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))  # and listens to nobody
        theirs = next(item for item in config["clusters"] if item["name"] == CONTEXT)
        theirs["cluster"]["proxy-url"] = f"http://127.0.0.1:{mute.getsockname()[1]}"
        own.write_text(yaml.dump(config))
        said = refused(town.run("up", *TARGET, "--yes", KUBECONFIG=str(own)))
    assert f"the cluster of the context {CONTEXT} doesn't answer: " in said[0]
    assert "refused" in said[0]
    assert said[1] == f"kubectl --context={CONTEXT} get --raw /readyz, once that says ok"


def test_a_dry_run_shows_the_commands_and_runs_none(town: Others, untouched: None) -> None:
    shown = town.succeed("up", *TARGET, "--dry-run").stdout
    view = f"config view --minify --flatten --context={CONTEXT} --raw"
    assert f"{view}  # the context, written to .penstock/local/kubeconfig" in shown
    assert f"flux install --export --version=v{FLUX.version}" in shown
    assert TOKEN not in shown
    assert not (town.folder / "flux" / "asked").exists()


def test_it_comes_up_phase_by_phase_and_a_private_remote_wants_a_secret(town: Others) -> None:
    before = town.kubeconfig.read_bytes()
    created = town.succeed("cluster-create", *TARGET, "--yes")
    assert f"the cluster of the context {CONTEXT}, which was only read" in created.stderr
    first = town.succeed("up", "--yes", "--phase", "1")
    assert (
        "spaces applied; network applied; kubernetes.default.svc.cluster.local and github.com resolve" in first.stderr
    )
    assert "phase 1 is done; `inv up --phase 2` is the next" in first.stderr
    closed = town.run("up", "--yes", "--phase", "2", "--timeout", "6")
    assert closed.returncode == 1
    assert "authentication required" in closed.stderr
    assert "hint: inv flux-status; a private remote needs the Secret flux-system/platform-source" in closed.stderr
    secret = credentials("flux", TOKEN)
    secret["metadata"]["name"] = "platform-source"
    town.kubectl.apply([secret], "others")
    up = town.succeed("up", "--yes")
    assert "local is up on existing" in up.stderr
    found = json.loads(town.succeed("status", "--json").stdout)
    head = town.platform.git("rev-parse", "HEAD")
    assert {item["revision"] for item in found["kustomizations"]} == {head}
    assert all(item["ready"] for item in found["kustomizations"])
    assert found["phase"] == 4
    assert town.kubeconfig.read_bytes() == before
    said = up.stderr + up.stdout + json.dumps(recorded(town)) + json.dumps(town.kubectl.get("gitrepositories", "-A"))
    assert TOKEN not in said
    assert (town.folder / "flux" / "asked").read_text().count("install") == 1


def test_up_again_changes_nothing(town: Others) -> None:
    before = everything(town)
    town.succeed("up", "--yes")
    assert everything(town) == before
    assert (town.folder / "flux" / "asked").read_text().count("install") == 1


def test_each_step_again_changes_nothing(town: Others) -> None:
    before = everything(town)
    for verb in ("cluster-create", "flux-install", "gitops-setup", "gitops-enable"):
        town.succeed(verb, "--yes")
    assert everything(town) == before
    assert recorded(town)["phase"] == 4


def test_what_was_pushed_is_synced_and_what_was_not_is_refused(town: Others) -> None:
    town.platform.replace("environments/local.yaml", "world", "moon")
    town.succeed("hydrate")
    town.platform.commit("Greet the moon")
    assert "is not what origin has as main" in refused(town.run("sync", "--yes"))[0]
    head = (
        town.push("Nothing more")
        if town.platform.git("status", "--porcelain")
        else town.platform.git("rev-parse", "HEAD")
    )
    town.platform.git("push", "--quiet", "origin", "main")
    assert "add --yes" in refused(town.run("sync"))[1]
    assert f"local: {head[:12]} is applied" in town.succeed("sync", "--yes").stderr
    greeting = town.kubectl.get_one("configmap", "greeting", "town")
    assert greeting is not None
    assert greeting["data"] == {"text": "hello moon"}


def test_what_is_there_stays_what_it_is(town: Others) -> None:
    said = refused(town.run("up", "--provider", "kwok"))
    assert said == (
        f"local already runs on existing {CONTEXT}",
        "leave --provider away, or take it down first: inv down -e local",
    )
    other = refused(town.run("up", "--provider", "existing", "--context", "elsewhere"))
    assert other[1].startswith("leave --context away")


def test_flux_and_gitops_status(town: Others) -> None:
    flux = json.loads(town.succeed("flux-status", "--json").stdout)
    assert [(item["name"], item["runs_as"], item["ready"]) for item in flux["controllers"]] == [
        ("kustomize-controller", "pod", True),
        ("source-controller", "pod", True),
    ]
    assert [(item["name"], item["ready"]) for item in flux["sources"]] == [("platform", True)]
    assert TOKEN not in json.dumps(flux)
    assert len(json.loads(town.succeed("gitops-status", "--json").stdout)) == 5


def test_it_is_neither_deleted_nor_emptied(town: Others) -> None:
    before, config = everything(town), town.kubeconfig.read_bytes()
    said = refused(town.run("cluster-delete"))
    assert said[0] == f"local runs on an existing cluster ({CONTEXT}): it is not deleted here"
    shown = town.succeed("down", "--dry-run").stdout
    assert shown.splitlines() == ["rm -r .penstock/local  # the state"]
    down = town.succeed("down")
    assert f"left alone in {CONTEXT}:" in down.stdout
    assert "objects of 4 components, which Flux goes on applying" in down.stdout
    assert "the namespaces town with all that is in them, and flux-system with Flux" in down.stdout
    assert everything(town) == before
    assert town.kubeconfig.read_bytes() == config
    assert not (town.platform.root / ".penstock" / "local").exists()
    again = town.succeed("up", *TARGET, "--yes")
    assert "local is up on existing" in again.stderr
    assert everything(town) == before
    town.succeed("down")

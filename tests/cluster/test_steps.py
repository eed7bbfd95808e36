"""`inv up` step by step on a real control plane: each verb, what is first, and that --dry-run tells what is run."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import Platform, copy_platform

STEPS = {
    "cluster-create": 0,
    "gateway-install": 0,
    "cilium-install": 0,
    "coredns-update": 0,
    "flux-install": 1,
    "gitops-setup": 2,
    "gitops-enable": 3,
}
# Whatever else a program is started with counts as a change.
READING = [("kubectl", word) for word in ("get", "wait", "diff", "config")]
NEVER_CHANGING = ("git",)


def component(platform: Platform, name: str, text: str) -> None:
    overlay = f"components/{name}/kustomize/overlays/local"
    platform.write(f"{overlay}/kustomization.yaml", "resources: [object.yaml]\n")
    platform.write(f"{overlay}/object.yaml", text)


@pytest.fixture(scope="module")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose first components have the names of the shipped one's; there is no cluster yet."""
    platform = copy_platform("a-running-platform", tmp_path_factory.mktemp("steps") / "platform")
    (platform.root / "components" / "kinds").rename(platform.root / "components" / "gateway-api")
    component(
        platform,
        "cilium",
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: cilium, namespace: kube-system}\nspec:\n"
        "  selector: {matchLabels: {app: cilium}}\n  template:\n    metadata: {labels: {app: cilium}}\n"
        "    spec: {containers: [{name: agent, image: 'registry.example/agent:1'}]}\n",
    )
    component(
        platform,
        "coredns",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns-custom, namespace: kube-system}\ndata: {a: b}\n",
    )
    platform.replace("environments/local.yaml", "[spaces, kinds]", "[gateway-api, cilium, coredns]")
    platform.commit("Start")
    platform.succeed("hydrate")
    platform.commit("Hydrate")
    try:
        yield platform
    finally:
        platform.succeed("down")


def recorded(town: Platform) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((town.root / ".penstock" / "local" / "state.json").read_text())
    return found


def refused(town: Platform, *words: str) -> list[str]:
    done = town.run(*words)
    assert done.returncode == 1, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    return lines


def plain(town: Platform, line: str) -> str:
    """A command without what differs from run to run: where programs are, ports, the time."""
    program, _, rest = line.replace(f"{town.root}/", "").replace(sys.executable, "python").partition(" ")
    rest = re.sub(r"(?<=[ :])(\d{4,5}|0)(?= |$)", "PORT", rest.replace("ADDRESS", "127.0.0.1"))
    return f"{Path(program).name} {re.sub(r'requestedAt=[0-9]+', 'requestedAt=NOW', rest)}".strip()


def shown(town: Platform, *words: str) -> list[str]:
    """The commands that a dry run prints, without settings and comments."""
    found = []
    for line in town.succeed(*words, "--dry-run").stdout.splitlines():
        split = shlex.split(line, comments=True)
        command = [word for word in split if not re.match(r"[A-Z_]+=", word)]
        if command:
            found.append(plain(town, shlex.join(command)))
    return found


def changing(town: Platform, log: str) -> list[str]:
    """The commands that were run, as the debug log lists them, but for those that only read."""
    found = []
    for line in re.findall(r"penstock\.process.*?: (.*?)(?:  # exit \d+, .*| >>\S+ &  # pid \d+)$", log, re.MULTILINE):
        command = plain(town, line)
        words = [word for word in command.split() if not word.startswith(("-", ".", "/"))]
        if words[0] not in NEVER_CHANGING and tuple(words[:2]) not in READING:
            found.append(command)
    return found


def test_before_there_is_a_cluster_every_step_names_the_first_one_and_a_dry_run_changes_nothing(
    town: Platform,
) -> None:
    for verb in list(STEPS)[1:]:
        assert refused(town, verb) == ["error: there is no cluster here", "  hint: run `inv cluster-create`"]
    for verb in (*STEPS, "up", "sync"):
        assert shown(town, verb)
    assert "ended" not in town.succeed("down", "--dry-run").stderr
    assert not (town.root / ".penstock").exists()


def test_a_dry_run_shows_the_very_commands_that_are_run_and_each_step_waits_for_the_one_before_it(
    town: Platform,
) -> None:
    whole = shown(town, "up")
    ran: list[str] = []
    for verb, phase in STEPS.items():
        told = shown(town, verb)
        done = town.succeed("--debug", verb)
        assert changing(town, done.stderr) == told, verb
        assert recorded(town)["phase"] == phase
        ran += told
        if verb == "cluster-create":
            assert refused(town, "cilium-install") == [
                "error: gateway-api is not applied yet",
                "  hint: inv gateway-install",
            ]
            assert refused(town, "flux-install")[1] == "  hint: inv gateway-install"
            assert refused(town, "gitops-setup") == ["error: Flux is not installed yet", "  hint: inv flux-install"]
            assert refused(town, "gitops-enable") == ["error: Flux has no source yet", "  hint: inv gitops-setup"]
            assert refused(town, "up", "--phase", "3") == [
                "error: phase 3 needs phase 2, and none is the last that is done",
                "  hint: inv up --phase 1",
            ]
            assert refused(town, "flux-status")[0] == "error: Flux is not installed"
            assert refused(town, "gitops-status")[0] == "error: Flux has no source yet"
        if verb == "cilium-install":
            assert refused(town, "flux-install") == [
                "error: coredns is not applied yet",
                "  hint: inv coredns-update",
            ]
    assert ran == whole


def test_up_finishes_what_the_steps_began(town: Platform) -> None:
    fourth = town.succeed("up", "--phase", "4")
    assert "all owned by Flux, and none would change" in fourth.stderr
    assert recorded(town)["phase"] == 4
    assert "local is up on kwok" in town.succeed("up").stderr


def test_every_step_and_phase_again_changes_nothing(town: Platform) -> None:
    before = recorded(town)
    for verb in STEPS:
        town.succeed(verb)
    for phase in "1234":
        town.succeed("up", "--phase", phase)
    assert recorded(town) == before
    assert shown(town, "up")


def test_a_dry_run_on_a_cluster_that_is_up_runs_no_program_of_it(town: Platform, tmp_path: Path) -> None:
    for name in ("kubectl", "kwokctl", "source-controller", "kustomize-controller"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/started\nexit 1\n")
        program.chmod(0o755)
    before = recorded(town)
    for verb in (*STEPS, "up", "sync", "down", "cluster-delete"):
        done = town.run("--debug", verb, "--dry-run", env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"})
        assert done.returncode == 0, done.stderr
        assert changing(town, done.stderr) == [], verb
    assert not (tmp_path / "started").exists()
    assert recorded(town) == before


def test_what_is_printed_as_json_can_be_read(town: Platform) -> None:
    assert json.loads(town.succeed("status", "--json").stdout)["phase"] == 4
    flux = json.loads(town.succeed("flux-status", "--json").stdout)
    assert all(item["ready"] and item["runs_as"] == "process" for item in flux["controllers"])
    assert all(item["ready"] for item in flux["sources"])
    assert {item["name"] for item in json.loads(town.succeed("gitops-status", "--json").stdout)} >= {"cilium", "server"}
    assert "SOURCE" in town.succeed("flux-status").stdout
    assert town.succeed("gitops-status").stdout.startswith("Flux has fetched ")


def test_down_shows_first_what_it_ends_and_cluster_delete_ends_it(town: Platform) -> None:
    pids = [str(process["pid"]) for process in recorded(town)["processes"].values()]
    assert f"kill {' '.join(pids)}" in town.succeed("down", "--dry-run").stdout
    assert (town.root / ".penstock" / "local" / "state.json").is_file()
    assert "removed" in town.succeed("cluster-delete").stderr
    assert not (town.root / ".penstock" / "local").exists()
    assert "there is no cluster here" in town.succeed("cluster-delete").stderr


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (
            ["up", "--provider", "kwik"],
            "unknown provider `kwik`: the providers are k3d, kind, kwok, existing",
            "`kwok`",
        ),
        (["up", "-e", "lokal"], "unknown environment `lokal`: helmfile.yaml has local", "did you mean `local`?"),
        (["up", "--phase", "5"], "there is no phase 5", "the phases are 1, 2, 3, 4"),
        (["up", "--provider", "kind"], "the environment local can't run on kind", "it can on kwok"),
        (["up", "--source", "remote"], "the provider kwok can't take the source `remote`", "--source local"),
        (["up", "--source", "git"], "the provider kwok can't take the source `git`", "--source local"),
        (["down", "-e", "nowhere"], "unknown environment `nowhere`", "use -e with one of local"),
    ],
)
def test_a_typing_mistake_is_one_line_with_its_fix(town: Platform, words: list[str], error: str, hint: str) -> None:
    lines = refused(town, *words)
    assert error in lines[0]
    assert hint in lines[1]

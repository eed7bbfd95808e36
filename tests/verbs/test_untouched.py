"""No verb and no gate touches the user's repository, or the one that git's variables name: in a linked worktree, as a
hook, a `!` alias or `git rebase --exec` finds it, with all that the user's configuration could start.

A new verb or session without a line here fails; a gate needs none unless that platform fails it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.loader import FilesystemLoader

from git_support import Bystanders, bystanders
from penstock.gates import registry
from penstock.platform.layout import ENGINE
from support import copy_platform, nox_sessions

# Verb -> what is run of it, and its exit code; in this order, on a cluster that is up.
VERBS: dict[str, list[tuple[str, int]]] = {
    "hydrate": [("", 0), ("--changed", 0)],
    "hydrate-check": [("", 0), ("--fast", 0), ("--changed --shard 1/2", 0), ("--changed=elsewhere", 1)],
    "diff": [("", 0), ("--base HEAD~1 --json", 0), ("--base elsewhere", 1)],
    "rehearse": [("", 0), ("--base elsewhere", 1)],
    "review": [("", 0), ("HEAD~1 HEAD --format markdown", 0), ("HEAD~1 HEAD --format html", 0), ("elsewhere", 1)],
    "review-merge": [("elsewhere", 1)],
    "values": [("", 0), ("kubernetes --json", 0), ("elsewhere", 1)],
    "environment-add": [("other", 1), ("other --extends elsewhere", 1)],
    "promote": [("--plan", 0), ("local --plan", 0), ("--next", 1), ("local", 0), ("local --revision elsewhere", 1)],
    "images": [("", 0), ("--json", 0), ("-e elsewhere", 1)],
    "images-pin": [("--only registry.example/none", 1)],
    "images-prune": [("--help", 0)],  # the caches are the machine's
    "images-save": [("/dev/null/x", 1), ("images -e elsewhere", 1)],
    "up": [("", 0), ("--dry-run", 0)],
    "sync": [("", 0), ("--dry-run", 0)],
    "cluster-create": [("", 0)],
    "gateway-install": [("", 1)],
    "cilium-install": [("", 1)],
    "coredns-update": [("", 0)],
    "flux-install": [("", 0)],
    "gitops-setup": [("", 0)],
    "gitops-enable": [("", 0)],
    "status": [("", 0), ("--json", 0)],
    "flux-status": [("", 0)],
    "gitops-status": [("", 0)],
    "open": [("", 1)],
    "smoke": [("--only nodes", 0)],
    "logs": [("git-source", 0)],
    "diagram": [("--stdout", 1)],
    "network-policies": [("", 1)],
    "reference": [("--help", 0)],  # it writes into this checkout, and starts no git
    "record": [("--scene none", 1)],  # it works in a clone, and writes a picture into this checkout
    "tools": [("", 0)],
    "explain": [("references/name", 0), ("references/nmae", 1)],
    "test": [("--gate references", 0)],
    "doctor": [("", 0)],
    "cluster-delete": [("--dry-run", 0)],
    "down": [("", 0), ("", 0)],
}
_TRIAL = (
    "from penstock.platform.layout import find_platform; from penstock.gates.e2e.trial import trial\n"
    "with trial(find_platform(), 'local', 'kwok') as made:\n"
    "    (made.layout.root / 'new.txt').write_text('new'); made.commit('Another one')\n"
    "    made.inv('diff', '--base', 'HEAD~1', seconds=60)\n"
)
_SOURCES = (
    "import pathlib, sys; from penstock.platform.layout import find_platform\n"
    "from penstock.gitops import mirror, snapshot; from penstock.platform.manifests import Manifests\n"
    "layout, folder = find_platform(), pathlib.Path(sys.argv[1])\n"
    "snapshot.take(layout, folder / 'platform.git')\n"
    "for each in mirror.mirrors(Manifests(layout.tree('local'))): mirror.make(each, folder)\n"
)
# The gates that have findings in that platform.
_FAILING = {"dataflow", "kubeconform", "references"}
# Gate -> what python is started with, and its exit code. Of those that bring a cluster up, what they do with git.
GATES: dict[str, tuple[list[str], int]] = {
    **{name: (["-m", "penstock.gates", name], int(name in _FAILING)) for name in registry.MODULES},
    "e2e": (["-c", _TRIAL], 0),
    "rehearse": (["-c", _SOURCES, "FOLDER"], 0),
    # The verb does the same with git, and goes on to a cluster. There is one environment, so the second shard is empty.
    "rehearse-upgrade": (["-m", "penstock.gates", "rehearse-upgrade", "--shard", "2/2"], 0),
}
# Session of noxfile.py -> the verbs and gates that it is made of.
SESSIONS = {
    **{name: [name] for name in ("hydrate", *registry.SESSIONS)},
    **{f"e2e-{provider}": ["e2e"] for provider in ("kwok", "k3d", "kind")},
    "lint": ["actionlint", "sizes"],
    "bench": ["hydrate"],
    "tests": [],  # the test below
}


@pytest.fixture(scope="module")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bystanders]:
    """A platform in a linked worktree, up, with a change that isn't committed."""
    folder = tmp_path_factory.mktemp("untouched")
    user = copy_platform("a-running-platform", folder / "user")
    user.write(".gitattributes", "*.yaml filter=loud diff=loud\n")
    user.commit("Start")
    user.hydrate()
    user.commit("Hydrate")
    made = bystanders(user, folder / "around")
    edit(made, "text: of the worktree\n")
    try:
        with made.untouched():
            up = made.worktree.run("up", env=made.environment)
        assert up.returncode == 0, up.stderr
        yield made
    finally:
        with made.untouched():
            made.worktree.succeed("down")


def edit(town: Bystanders, values: str) -> None:
    """An edit as a person makes it, hydrated."""
    town.worktree.write("components/greeting/values.yaml.gotmpl", values)
    town.worktree.hydrate()


def test_every_verb_and_session_has_its_line() -> None:
    tasks, _ = FilesystemLoader(start=str(ENGINE)).load("tasks")
    assert VERBS.keys() == Collection.from_module(tasks).task_names.keys()
    assert SESSIONS.keys() == nox_sessions()
    assert {part for parts in SESSIONS.values() for part in parts} <= VERBS.keys() | GATES.keys()


def test_sync_with_sources_that_are_damaged(town: Bystanders) -> None:
    git = town.worktree.root / ".penstock" / "local" / "git"
    repositories = sorted(path.name for path in git.iterdir())
    assert repositories == ["gateway-api.git", "platform.git"]
    edit(town, "text: after the damage\n")
    for name in repositories:
        (git / name / "HEAD").unlink()
    with town.untouched():
        synced = town.worktree.run("sync", env=town.environment)
    assert synced.returncode == 0, synced.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb(verb: str, town: Bystanders) -> None:
    for words, code in VERBS[verb]:
        with town.untouched():
            done = town.worktree.run(verb, *words.split(), env=town.environment)
        assert done.returncode == code, done.stderr


@pytest.mark.parametrize("gate", GATES)
def test_a_gate(gate: str, town: Bystanders, tmp_path: Path) -> None:
    argv, code = GATES[gate]
    with town.untouched():
        done = python(town, town.worktree.root, *(str(tmp_path) if word == "FOLDER" else word for word in argv))
    assert done.returncode == code, done.stdout + done.stderr


def test_the_tests(town: Bystanders) -> None:
    chosen = "tests/gitops/test_snapshot.py::test_the_same_tree_gives_the_same_commit"
    with town.untouched():
        done = python(town, ENGINE, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", chosen)
    assert done.returncode == 0, done.stdout


def python(town: Bystanders, cwd: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **town.environment}
    return subprocess.run([sys.executable, *argv], cwd=cwd, env=env, capture_output=True, text=True)

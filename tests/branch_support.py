"""A platform with the manifests of `local` on a branch of its remote, and those of `north` in another repository."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from penstock.hydrate.selection import Selection
from penstock.verbs.hydrate import hydrate
from support import Platform

IGNORED = "/manifests/local/\n/manifests/north/\n/manifests/.*\n.penstock/\n"


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; gives what it prints."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    argv = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def bare(folder: Path) -> Path:
    """A bare repository without a commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
    return folder


def separate(made: Platform, remotes: Path) -> None:
    """Commit and push a platform, with its manifests elsewhere."""
    bare(remotes / "north.git")
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("remote", "add", "origin", str(bare(remotes / "origin.git")))
    made.write(".gitignore", IGNORED)
    made.write(
        "helmfile.yaml", (made.root / "helmfile.yaml").read_text().replace("  local: {}", "  local: {}\n  north: {}")
    )
    local = (made.root / "environments" / "local.yaml").read_text()
    made.write("environments/local.yaml", f"{local}manifests: {{branch: manifests/local}}\n")
    north = f"manifests:\n  repository: {remotes}/north.git\n  branch: main\n"
    made.write("environments/north.yaml", f"extends: local\n{local.replace('tiny', 'tiny-north')}{north}")
    made.commit("Start")
    made.git("push", "--quiet", "--set-upstream", "origin", "main")


def bring(made: Platform, *names: str) -> None:
    """Hydrate environments by name, which clones what isn't checked out."""
    with contextlib.chdir(made.root):
        hydrate(Selection(names or ("*",)), [], as_json=False)


def publish(made: Platform, *names: str) -> None:
    """Commit and push manifests."""
    for name in names:
        tree = made.root / "manifests" / name
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", "-m", "Publish")
        git(tree, "push", "--quiet")

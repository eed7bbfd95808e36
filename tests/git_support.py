"""Repositories that no command may touch, and an environment that points git at one of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support import Platform

# Every hook that git knows of (githooks(5)).
_HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg"),
    *("commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "pre-receive", "update"),
    *("proc-receive", "post-receive", "post-update", "reference-transaction", "push-to-checkout", "pre-auto-gc"),
    *("post-rewrite", "sendemail-validate", "fsmonitor-watchman", "post-index-change"),
)

# Everything that starts a program or changes what is in a commit.
_CONFIGURATION = """
[core]
  hooksPath = OWN/hooks
  fsmonitor = OWN/hooks/fsmonitor-watchman
  excludesFile = OWN/ignored
  attributesFile = OWN/attributes
  untrackedCache = true
  autocrlf = true
[init]
  templateDir = OWN/template
  defaultBranch = trunk
[gc]
  auto = 1
[maintenance]
  auto = true
[commit]
  gpgSign = true
[tag]
  gpgSign = true
[gpg]
  program = OWN/hooks/filter
[log]
  showSignature = true
[status]
  showUntrackedFiles = no
[index]
  version = 4
[diff]
  external = OWN/hooks/filter
[diff "loud"]
  textconv = OWN/hooks/filter
[filter "loud"]
  clean = OWN/hooks/filter
  smudge = OWN/hooks/filter
  required = true
"""


def contents(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder, and the folder itself: kind, owner, mode, time of change and bytes.

    A folder's time tells of a file that was made in it and removed again, such as a lock. This works for root too,
    which a read-only file system alone would stop.
    """
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted((folder, *folder.rglob("*"))):
        info = path.lstat()
        data = bytes(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (info.st_mode, info.st_uid, info.st_ino, info.st_mtime_ns, data)
    return found


@cache
def local_variables() -> list[str]:
    """The variables that git itself calls those of a repository."""
    return subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    ).stdout.split()


@dataclass(frozen=True)
class Bystanders:
    """The user's repository, of which `worktree` is a linked worktree, and another one.

    `ran` has a file for each program of the user's that was started.
    """

    user: Platform
    worktree: Platform
    other: Platform
    ran: Path
    configuration: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a hook, an alias or a shell may have, all of it pointing at the other repository."""
        git, root = self.other.root / ".git", str(self.other.root)
        values = {
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(git / "objects"),
            "GIT_CONFIG": str(git / "config"),
            "GIT_CONFIG_PARAMETERS": f"'core.hookspath'='{self.configuration.parent / 'hooks'}'",
            "GIT_CONFIG_COUNT": "1",
            "GIT_OBJECT_DIRECTORY": str(git / "objects"),
            "GIT_DIR": str(git),
            "GIT_WORK_TREE": root,
            "GIT_IMPLICIT_WORK_TREE": "0",
            "GIT_GRAFT_FILE": str(git / "grafts"),
            "GIT_INDEX_FILE": str(git / "index"),
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_REPLACE_REF_BASE": "refs/heads/",
            "GIT_PREFIX": "elsewhere/",
            "GIT_INTERNAL_SUPER_PREFIX": "elsewhere/",
            "GIT_SHALLOW_FILE": str(git / "HEAD"),
            "GIT_COMMON_DIR": str(git),
        }
        missing = set(local_variables()) - values.keys()
        assert not missing, f"this git has variables that have no value here: {missing}"
        return values | {
            "GIT_CONFIG_KEY_0": "core.worktree",
            "GIT_CONFIG_VALUE_0": root,
            "GIT_CONFIG_GLOBAL": str(self.configuration),
            "GIT_NAMESPACE": "elsewhere",
            "GIT_QUARANTINE_PATH": str(git / "objects"),
            "GIT_TEMPLATE_DIR": str(self.configuration.parent / "template"),
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_ICASE_PATHSPECS": "1",
            "GIT_DEFAULT_HASH": "sha256",
            "GIT_ATTR_SOURCE": "HEAD",
            "GIT_EXTERNAL_DIFF": str(self.configuration.parent / "hooks" / "pre-commit"),
            "GIT_OPTIONAL_LOCKS": "1",
        }

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Neither repository is touched in the block, and no program of the user's is started."""
        guarded = (self.user.root, self.other.root)
        before = [contents(folder) for folder in guarded]
        yield
        for folder, old in zip(guarded, before, strict=True):
            new = contents(folder)
            changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            assert changed == [], f"{folder} was touched"
        assert [path.name for path in self.ran.iterdir()] == []


def bystanders(user: Platform, folder: Path) -> Bystanders:
    """A linked worktree of the user's repository, which has a commit, beside the other one.

    The user's configuration would start programs and change results wherever it is followed.
    """
    ran, own = folder / "ran", folder / "own"
    ran.mkdir(parents=True)
    for place in (own / "hooks", own / "template" / "hooks"):
        place.mkdir(parents=True)
        for name in (*_HOOKS, "filter"):
            (place / name).write_text(f"#!/bin/sh\necho {name} $* >>'{ran}/{name}'\nexit 1\n")
            (place / name).chmod(0o755)
    other = Platform(folder / "other")
    other.write("file.txt", "of the other repository\n")
    other.git("init", "--quiet", "--initial-branch=main")
    other.commit("The other repository")
    user.git("worktree", "add", "--quiet", str(folder / "worktree"), "-b", "feature")
    # Written last: only what is tested reads it.
    (own / "ignored").write_text("*.mine\n")
    (own / "attributes").write_text("* filter=loud diff=loud -text\n")
    (own / "configuration").write_text(_CONFIGURATION.replace("OWN", str(own)))
    made = Bystanders(user, Platform(folder / "worktree"), other, ran, own / "configuration")
    local_variables()  # asked while git still answers
    for repository in (user, other):
        for path in (repository.root / ".git").rglob("*"):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222)  # for every user but root, whom `contents` watches
    return made

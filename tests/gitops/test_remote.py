"""The addresses under which Flux finds a remote."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_support import bystanders
from penstock.gitops import remote
from support import copy_platform


@pytest.mark.parametrize(
    ("address", "https", "ssh"),
    [
        ("git@host.example:team/it.git", "https://host.example/team/it.git", "ssh://git@host.example/team/it.git"),
        ("host.example:it", "https://host.example/it", "ssh://host.example/it"),
        ("ssh://git@host.example:2222/team/it", "https://host.example/team/it", "ssh://git@host.example:2222/team/it"),
        ("https://host.example/it.git", "https://host.example/it.git", "https://host.example/it.git"),
        ("https://me:word@host.example/it", "https://host.example/it", "https://me:word@host.example/it"),
        ("https://token@host.example:8443/it", "https://host.example:8443/it", "https://token@host.example:8443/it"),
        ("/srv/git/it", "/srv/git/it", "/srv/git/it"),
    ],
)
def test_over_https_without_a_login_and_with_a_key(address: str, https: str, ssh: str) -> None:
    assert remote.https(address) == https
    assert remote._with_key(address) == ssh


@pytest.mark.parametrize("way", ["core.sshCommand", "GIT_SSH_COMMAND"])
def test_in_a_hook_the_remote_is_reached_as_the_user_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    user = copy_platform("", tmp_path / "user")
    user.commit("Start")
    user.git("clone", "--quiet", "--bare", ".", str(tmp_path / "remote.git"))
    user.git("-C", str(tmp_path / "remote.git"), "branch", "feature")
    ssh = user.write(
        "../ssh", f"#!/bin/sh\necho $* >>'{tmp_path}/asked'\nexec git-upload-pack '{tmp_path}/remote.git'\n"
    )
    ssh.chmod(0o755)
    user.git("remote", "add", "origin", "git@host.example:team/it.git")
    user.git("config", "ssh.variant", "simple")
    if way == "core.sshCommand":
        user.git("config", way, str(ssh))
    else:
        monkeypatch.setenv(way, str(ssh))
    around = bystanders(user, tmp_path / "around")
    commit = user.git("rev-parse", "HEAD")
    for name, value in around.environment.items():
        monkeypatch.setenv(name, value)
    with around.untouched():
        found = remote.read(around.worktree.root, "manifests")
    assert (found.branch, found.commit) == ("feature", commit)
    assert "git@host.example" in (tmp_path / "asked").read_text()

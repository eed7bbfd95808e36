"""The addresses under which Flux finds a remote."""

from __future__ import annotations

import pytest

from penstock.gitops import remote


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

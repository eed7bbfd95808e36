"""The copy of the shipped platform that the benchmark enlarges."""

from __future__ import annotations

from pathlib import Path

from penstock.bench import bundles
from penstock.hydrate import pinned
from penstock.hydrate.pinned import Revisions
from penstock.platform import environments


def test_a_copy_needs_no_history(tmp_path: Path) -> None:
    copied = bundles.copy(tmp_path)
    for name in environments.names(copied):
        assert pinned.components(Revisions(copied), name)

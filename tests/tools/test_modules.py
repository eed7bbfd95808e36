"""Files of Go modules in the cache."""

from __future__ import annotations

import pytest

from penstock.tools import cilium
from penstock.tools.modules import OPERATORS


@pytest.mark.integration
def test_two_folders_of_one_module_are_kept_apart() -> None:
    """What is served as somebody's source has to be that and nothing else."""
    crds = OPERATORS["cilium.io"]
    assert (crds.root / crds.inside / "v2" / "ciliumnetworkpolicies.yaml").is_file()
    assert (cilium.references() / "cilium-agent.md").is_file()
    assert [path.name for path in crds.root.iterdir()] == ["pkg"]

"""A cluster for the files that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster_support import running
from support import Platform


@pytest.fixture(scope="session")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running(tmp_path_factory.mktemp("town") / "platform") as platform:
        yield platform

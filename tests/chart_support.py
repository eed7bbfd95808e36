"""A component with an upstream chart, and what the tests ask of it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chart_server import ChartServer
from penstock.core.errors import PenstockError
from penstock.gates.hydrate_oracle import hydrate_oracle
from penstock.hydrate import charts_lock
from penstock.platform.layout import cache_home
from support import Platform, prove

HELMFILE = "components/echo/helmfile.yaml.gotmpl"
CHART = "echo/configmap-echo.yaml"
PATCH = """    jsonPatches:
      - target: {version: v1, kind: ConfigMap, name: echo}
        patch:
          - {op: add, path: /data/more, value: patched}
"""


def forget() -> None:
    """Empty the cache of charts."""
    shutil.rmtree(cache_home() / "charts", ignore_errors=True)


def name(made: Platform, server: ChartServer, version: str = "1.2.3", more: str = "", chart: str = "up/echo") -> None:
    """Write the component echo, with one release of a chart of the server; `more` are keys of the release."""
    keys = {"name": "up", "url": server.url}
    text = "bases:\n  - ../../environments/helmfile.yaml.gotmpl\n\nrepositories:\n"
    text += f"  - {json.dumps(keys)}\n\nreleases:\n  - name: echo\n    namespace: town\n    chart: {chart}\n"
    made.write(HELMFILE, f"{text}    version: {version}\n{more}")


def noted(made: Platform) -> dict[str, str]:
    """What charts.lock holds."""
    return charts_lock.read(made.layout)


def refused(call: Callable[[], None], made: Platform) -> str:
    """The message and the hint with which something is refused; neither manifests nor charts.lock may have changed."""
    before = (made.files(), noted(made))
    with pytest.raises(PenstockError) as caught:
        call()
    assert (made.files(), noted(made)) == before
    return f"{caught.value.message} | {caught.value.hint}"


def check_oracle(made: Platform) -> None:
    """Run the gate; it raises what it finds."""
    with contextlib.chdir(made.root):
        prove(hydrate_oracle)


def archive(digest: str) -> Path:
    """Where the cache keeps the archive of this digest."""
    return cache_home() / "charts" / digest / "chart.tgz"

"""Charts by example: what is rendered of a folder of cases, and what differs from what was expected.

Each folder of a chart's cases is one lesson: values.yaml is what somebody writes (over base.yaml), expected.yaml what
comes of it. Each folder of refused/ is a mistake: values.yaml makes it, message.txt is what the chart says.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core import yaml

ROOT = Path(__file__).parents[2]
CLUSTER_WIDE = {
    "ClusterRole",
    "ClusterRoleBinding",
    "GatewayClass",
    "Namespace",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}


@dataclass(frozen=True)
class Cases:
    """The cases of one chart, and the release that they are rendered as."""

    chart: str
    release: str
    namespace: str

    @property
    def folder(self) -> Path:
        """Where the cases are."""
        return Path(__file__).parent / self.chart

    @property
    def source(self) -> Path:
        """Where the chart is."""
        return ROOT / "charts" / self.chart

    @property
    def lessons(self) -> list[str]:
        """The names of the lessons."""
        return sorted(path.parent.name for path in self.folder.glob("*/expected.yaml"))

    @property
    def mistakes(self) -> list[str]:
        """The names of the mistakes."""
        return sorted(path.parent.name for path in self.folder.glob("refused/*/message.txt"))

    def values(self, case: str) -> Path:
        """The values of a lesson, or of a mistake as refused/NAME."""
        return self.folder / case / "values.yaml"

    def expected(self, lesson: str) -> dict[str, dict[str, Any]]:
        """Kind/name to what is expected of that object."""
        documents = yaml.parse_all((self.folder / lesson / "expected.yaml").read_text())
        return {f"{document['kind']}/{document['metadata']['name']}": document for document in documents}

    def template(
        self, helm: str, *values: Path, chart: Path | None = None, namespace: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """`helm template` of the release, over base.yaml."""
        argv = [helm, "template", self.release, str(chart or self.source), "--namespace", namespace or self.namespace]
        for path in (self.folder / "base.yaml", *values):
            argv += ["--values", str(path)]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    def objects(self, helm: str, *values: Path, chart: Path | None = None) -> dict[str, dict[str, Any]]:
        """Kind/name to object."""
        return parse(self.template(helm, *values, chart=chart))


def parse(rendered: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """Kind/name to object; of two namespaces, no two objects of one kind share a name here."""
    assert rendered.returncode == 0, rendered.stderr
    documents = [document for document in yaml.parse_all(rendered.stdout) if document]
    found = {f"{document['kind']}/{document['metadata']['name']}": document for document in documents}
    assert len(found) == len(documents), "two objects of one name"
    return found


def differences(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Where `actual` isn't as expected. A mapping may hold more, a list may not; null stands for no such key."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = []
        for key, value in expected.items():
            here = f"{path}/{key}"
            if value is None:
                found += [f"{here}: there, and should not be"] if key in actual else []
            elif key not in actual:
                found += [f"{here}: missing"]
            else:
                found += differences(value, actual[key], here)
        return found
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for i, pair in enumerate(zip(expected, actual, strict=True))
            for line in differences(*pair, f"{path}/{i}")
        ]
    return [] if expected == actual else [f"{path}: {actual!r}, expected {expected!r}"]

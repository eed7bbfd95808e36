"""What Grafana is given: its dashboards and data sources, as they are rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from penstock.core import yaml

RENDERED = Path(__file__).parents[1] / "manifests" / "k3d" / "grafana"
Panel = dict[str, Any]


@dataclass(frozen=True)
class Dashboard:
    """One file of a ConfigMap; `content` is the dashboard itself."""

    config_map: str
    file: str
    text: str

    @property
    def content(self) -> dict[str, Any]:
        """The JSON, read."""
        return dict(json.loads(self.text))

    @property
    def panels(self) -> list[Panel]:
        """Every panel, rows included."""
        return list(self.content["panels"])

    @property
    def variables(self) -> list[dict[str, Any]]:
        """What people choose at its top."""
        return list(self.content["templating"]["list"])

    def targets(self, kind: str) -> Iterator[tuple[Panel, str]]:
        """Each expression that a data source of this kind is asked, with its panel."""
        for panel in self.panels:
            if panel.get("datasource", {}).get("type") == kind:
                for target in panel["targets"]:
                    yield panel, str(target.get("expr", target.get("query", "")))


def object_of(file: str) -> dict[str, Any]:
    """A rendered object."""
    return dict(yaml.parse((RENDERED / file).read_text()))


@cache
def dashboards() -> tuple[Dashboard, ...]:
    """All that is rendered."""
    maps = [yaml.parse(path.read_text()) for path in sorted(RENDERED.glob("configmap-*.yaml"))]
    return tuple(
        Dashboard(each["metadata"]["name"], file, text)
        for each in maps
        for file, text in each["data"].items()
        if file.endswith(".json")
    )


@cache
def sources() -> dict[str, dict[str, Any]]:
    """The data sources by their uid, as Grafana understands the file: `$$` is a `$`."""
    text = object_of("configmap-grafana-datasources.yaml")["data"]["datasources.yaml"]
    return {each["uid"]: each for each in yaml.parse(re.sub(r"\$\$", "$", text))["datasources"]}


def strings(value: Any) -> Iterator[str]:
    """Every string within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def named(value: Any, key: str) -> Iterator[Any]:
    """What is called `key` anywhere within a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from named(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner, key)

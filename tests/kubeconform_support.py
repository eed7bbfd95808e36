"""Tables of objects for the gate kubeconform, and the API server's own answer to them."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from penstock.core.model import Strict, convert, parse

_TABLES = Path(__file__).parent / "gates" / "kubeconform"
_ROOT = """
type: object
properties:
  apiVersion: {type: string}
  kind: {type: string}
  metadata: {type: object}
  spec: {type: object, properties: {f: %s}}
"""
_PAGE = "fieldManager=kustomize-controller&force=true&fieldValidation=Strict&dryRun=All"


class Case(Strict, frozen=True):
    """An object, the definitions that it needs, and what is wrong with it."""

    row: str
    text: str
    definition: str = ""
    again: bool = False
    says: list[str] = []
    answer: list[str] = []

    @property
    def item(self) -> dict[str, Any]:
        """The object as plain values."""
        found: dict[str, Any] = parse(self.text, self.row)
        return found


class _Resource(Strict, frozen=True):
    row: str
    schema: str = ""
    value: str | int = ""
    root: str = ""
    resource: str = ""
    says: list[str] = []


class _Object(Strict, frozen=True):
    row: str
    object: dict[str, Any]
    size: int = 0
    again: bool = False
    says: list[str] = []
    answer: list[str] = []


def custom_resources() -> list[Case]:
    """A definition and a resource of it for each row."""
    path = _TABLES / "custom-resources.yaml"
    rows = convert(parse(path.read_bytes(), path), list[_Resource], path)
    return [_custom(number, row) for number, row in enumerate(rows)]


def objects() -> list[Case]:
    """An object of a built-in kind for each row."""
    path = _TABLES / "objects.yaml"
    rows = convert(parse(path.read_bytes(), path), list[_Object], path)
    return [
        Case(
            row=row.row,
            text=yaml.safe_dump(row.object).replace("BIG", "x" * row.size),
            again=row.again,
            says=row.says,
            answer=row.answer,
        )
        for row in rows
    ]


def _custom(number: int, row: _Resource) -> Case:
    group = f"case{number}.example.org"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": parse(row.root or _ROOT % row.schema, row.row)},
                }
            ],
        },
    }
    body = row.resource or f"spec: {{f: {row.value}}}"
    text = f"apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: case{number}, namespace: town}}\n{body}\n"
    return Case(row=row.row, text=text, definition=yaml.safe_dump(definition), says=row.says)


@dataclass
class Api:
    """The API server of a kubeconfig."""

    kubeconfig: Path
    _resources: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def discover(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(apiVersion, kind) -> what discovery tells of each resource that is no subresource."""
        found = {}
        versions = ["v1", *(version["groupVersion"] for group in self._groups() for version in group["versions"])]
        for version in versions:
            for resource in self.get(_root(version))["resources"]:
                if "/" not in resource["name"]:
                    found[version, resource["kind"]] = resource
        self._resources = found
        return found

    def wait_for(self, versions: set[str], timeout: float = 60) -> None:
        """Discover again until these API versions are served."""
        deadline = time.monotonic() + timeout
        while not versions <= {version for version, _ in self.discover()}:
            assert time.monotonic() < deadline, "the definitions are not served"
            time.sleep(0.2)

    def apply(self, text: str, *, dry: bool = True) -> str:
        """Apply an object as Flux does; gives what the API server has against it, empty when it takes it."""
        item = yaml.safe_load(text)
        resource = self._resources.get((item["apiVersion"], item["kind"]))
        if resource is None:
            return "not found"
        inside = f"namespaces/{item['metadata'].get('namespace', 'town')}/" if resource["namespaced"] else ""
        path = f"{_root(item['apiVersion'])}/{inside}{resource['name']}/{item['metadata']['name']}"
        query = _PAGE if dry else _PAGE.replace("&dryRun=All", "")
        status, answer = self._ask("PATCH", f"{path}?{query}", text.encode())
        return "" if status < 300 else str(answer["message"])

    def get(self, path: str) -> dict[str, Any]:
        """What is at a path."""
        status, answer = self._ask("GET", path)
        assert status == 200, answer
        return answer

    def delete(self, path: str) -> None:
        """Delete what is at a path."""
        status, answer = self._ask("DELETE", path)
        assert status == 200, answer

    def _groups(self) -> Iterator[dict[str, Any]]:
        yield from self.get("/apis")["groups"]

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        config = yaml.safe_load(self.kubeconfig.read_text())
        address = urlsplit(config["clusters"][0]["cluster"]["server"])
        assert address.hostname
        context = ssl.create_default_context(cadata=_bytes(config["clusters"][0]["cluster"], "certificate-authority"))
        with tempfile.TemporaryDirectory() as folder:
            user = config["users"][0]["user"]
            for name in ("client-certificate", "client-key"):
                (Path(folder) / name).write_text(_bytes(user, name))
            context.load_cert_chain(Path(folder) / "client-certificate", Path(folder) / "client-key")
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=context, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/apply-patch+yaml"} if body else {})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def _bytes(values: dict[str, str], key: str) -> str:
    if f"{key}-data" in values:
        return base64.b64decode(values[f"{key}-data"]).decode()
    return Path(values[key]).read_text()


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"

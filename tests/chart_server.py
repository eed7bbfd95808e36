"""Upstream charts for tests: a Helm repository and an OCI registry on one port of 127.0.0.1, for reading alone."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from penstock.core.files import sha256

CONFIGMAP = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  text: {{ .Values.text | quote }}
"""
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def pack(name: str, version: str, files: dict[str, str] | None = None, more: str = "") -> bytes:
    """The archive of a chart with a ConfigMap and these files; `more` goes into its Chart.yaml."""
    content = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}",
        "values.yaml": "text: default\n",
        "templates/configmap.yaml": CONFIGMAP,
        **(files or {}),
    }
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for path, text in content.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return target.getvalue()


class ChartServer:
    """Serves what `add` was given, under /charts and as oci://…/charts; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.login = ""  # user:password, where it wants one
        self.hang: threading.Event | None = None  # set once an archive was asked for, which then never comes
        self._files: dict[str, tuple[str, bytes]] = {}
        self._charts: dict[tuple[str, str], bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        """The Helm repository."""
        return f"http://127.0.0.1:{self.port}/charts"

    @property
    def oci(self) -> str:
        """The folder of the registry."""
        return f"oci://127.0.0.1:{self.port}/charts"

    def add(self, name: str, version: str, files: dict[str, str] | None = None, more: str = "") -> str:
        """Publish a chart, in the place of one of the same name and version; gives its archive's SHA-256."""
        data = pack(name, version, files, more)
        self._charts[name, version] = data
        self._files[f"/charts/{name}-{version}.tgz"] = ("application/gzip", data)
        self._files["/charts/index.yaml"] = ("application/yaml", self._index())
        config = json.dumps({"name": name, "version": version, "apiVersion": "v2"}).encode()
        parts = [
            ("application/vnd.cncf.helm.config.v1+json", config),
            ("application/vnd.cncf.helm.chart.content.v1.tar+gzip", data),
        ]
        described = [{"mediaType": kind, "digest": f"sha256:{sha256(part)}", "size": len(part)} for kind, part in parts]
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described[0], "layers": described[1:]}
        ).encode()
        place = f"/v2/charts/{name}"
        for reference in (version.replace("+", "_"), f"sha256:{sha256(manifest)}"):
            self._files[f"{place}/manifests/{reference}"] = (_MANIFEST, manifest)
        for kind, part in parts:
            self._files[f"{place}/blobs/sha256:{sha256(part)}"] = (kind, part)
        return sha256(data)

    def stop(self) -> None:
        """Be gone."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def _index(self) -> bytes:
        entries: dict[str, list[Any]] = {}
        for name, version in self._charts:
            entry = {"apiVersion": "v2", "name": name, "version": version, "urls": [f"{name}-{version}.tgz"]}
            entries.setdefault(name, []).append(entry)
        return json.dumps({"apiVersion": "v1", "entries": entries}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chart_server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                chart_server._answer(self, with_body=True)

            def do_HEAD(self) -> None:
                chart_server._answer(self, with_body=False)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler, with_body: bool) -> None:
        self.asked.append(request.path)
        wanted = f"Basic {base64.b64encode(self.login.encode()).decode()}"
        if self.login and request.headers.get("Authorization") != wanted:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="charts"')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        kind, data = self._files.get(request.path, ("", b""))
        if self.hang and kind.endswith("gzip"):
            self.hang.set()
            self._stopped.wait()
            return
        request.send_response(200 if kind else 404)
        request.send_header("Content-Type", kind or "text/plain")
        request.send_header("Content-Length", str(len(data)))
        request.send_header("Docker-Content-Digest", f"sha256:{sha256(data)}")
        request.end_headers()
        if with_body:
            request.wfile.write(data)

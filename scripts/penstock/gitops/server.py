"""A read-only Git server on 127.0.0.1 for one bare repository: `python -m penstock.gitops.server REPOSITORY PORT`.

It speaks the smart HTTP protocol through git's own `http-backend`, and knows exactly two requests: the list of refs
and a fetch. Every other path, method or service is refused before git sees it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = "platform.git"
REFS = f"/{NAME}/info/refs?service=git-upload-pack"
FETCH = f"/{NAME}/git-upload-pack"
# What a client sends names commits that it has and wants; Flux' requests are a few hundred bytes.
_MOST_BYTES = 4 << 20


class Handler(BaseHTTPRequestHandler):
    """One request."""

    repository: Path
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the list of refs."""
        if self.path != REFS:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        self._backend("info/refs", b"")

    def do_POST(self) -> None:
        """Answer a fetch."""
        length = self.headers.get("Content-Length", "")
        if self.path != FETCH:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif not length.isascii() or not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > _MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._backend("git-upload-pack", self.rfile.read(int(length)))

    def _backend(self, path: str, body: bytes) -> None:
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_PROJECT_ROOT": str(self.repository.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.repository),
            "PATH_INFO": f"/{self.repository.name}/{path}",
            "QUERY_STRING": "service=git-upload-pack" if self.command == "GET" else "",
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": "application/x-git-upload-pack-request" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        result = subprocess.run(
            ["git", "http-backend"],  # noqa: S607, the PATH is given in env
            input=body,
            env=env,
            capture_output=True,
            check=False,
        )
        if result.returncode:
            self.log_error("git http-backend: %s", result.stderr.decode(errors="replace").strip())
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._pass_on(result.stdout)

    def _pass_on(self, answer: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self.send_error(status)


def serve(repository: Path, port: int) -> None:
    """Serve until ended; OSError when the port is taken."""
    handler = type("Bound", (Handler,), {"repository": repository.resolve()})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        sys.stdout.write(f"serving {repository} read-only at http://127.0.0.1:{port}/{NAME}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))

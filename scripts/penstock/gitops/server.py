"""A read-only Git server on one address for the bare repositories in a folder.

`python -m penstock.gitops.server FOLDER ADDRESS PORT` runs it, with its token in $PENSTOCK_GIT_TOKEN.

It implements the smart HTTP protocol with git's `http-backend`, and accepts exactly two requests per repository: the
list of refs and a fetch. It refuses any other path, method or service, and any request without the token, before
calling git.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from penstock.core.process import Command, CommandFailed, run
from penstock.tools.git import program
from penstock.tools.repository import environment

NAME = "platform.git"
USER = "flux"
TOKEN = "PENSTOCK_GIT_TOKEN"  # noqa: S105, the name of a variable
# No matching name can leave the folder.
_REFS = re.compile(r"/([a-z0-9-]+\.git)/info/refs\?service=git-upload-pack")
_FETCH = re.compile(r"/([a-z0-9-]+\.git)/git-upload-pack")
# The body names commits that the client has and wants; Flux's requests are a few hundred bytes.
_MOST_BYTES = 4 << 20


class Handler(BaseHTTPRequestHandler):
    """Handle one request."""

    folder: Path
    token: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Serve the list of refs."""
        repository = self._asked(_REFS)
        if not self._is_known():
            self._refuse(HTTPStatus.UNAUTHORIZED)
        elif repository:
            self._backend(repository, "info/refs", b"")
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Serve a fetch."""
        length = self.headers.get("Content-Length", "")
        repository = self._asked(_FETCH)
        if not self._is_known():
            self._refuse(HTTPStatus.UNAUTHORIZED)
        elif not repository:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif not length.isascii() or not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > _MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._backend(repository, "git-upload-pack", self.rfile.read(int(length)))

    def _is_known(self) -> bool:
        expected = base64.b64encode(f"{USER}:{self.token}".encode())
        actual = self.headers.get("Authorization", "").removeprefix("Basic ").encode("latin-1", "replace")
        return hmac.compare_digest(actual, expected)

    def _asked(self, request: re.Pattern[str]) -> str:
        found = request.fullmatch(self.path)
        return found[1] if found and (self.folder / found[1] / "HEAD").is_file() else ""

    def _backend(self, repository: str, path: str, body: bytes) -> None:
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            **environment(self.folder / repository),
            "PATH_INFO": f"/{repository}/{path}",
            "QUERY_STRING": "service=git-upload-pack" if self.command == "GET" else "",
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": "application/x-git-upload-pack-request" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        try:
            answer = run(Command([program(), "http-backend"], env=env, bare=True, stdin=body)).stdout
        except CommandFailed as failure:
            self.log_error("%s", failure.message)
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._pass_on(answer)

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
        self.send_response(status)
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="penstock"')
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()


def serve(folder: Path, address: str, port: int, token: str) -> None:
    """Serve until ended; raises OSError if the port is taken or the address isn't local."""
    if not token:
        raise ValueError(f"${TOKEN} is empty")
    handler = type("Bound", (Handler,), {"folder": folder.resolve(), "token": token})
    with ThreadingHTTPServer((address, port), handler) as server:
        sys.stdout.write(f"serving the repositories of {folder} read-only at http://{address}:{port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), os.environ.get(TOKEN, ""))

"""The Git source: a fetch works, and nothing else does."""

from __future__ import annotations

import base64
import random
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from penstock.gitops import server, snapshot
from support import Platform, copy_platform

REFS = f"/{server.NAME}/info/refs?service=git-upload-pack"
FETCH = f"/{server.NAME}/git-upload-pack"
TOKEN = "token-of-the-test"
KNOWN = {"Authorization": f"Basic {base64.b64encode(f'{server.USER}:{TOKEN}'.encode()).decode()}"}


@pytest.fixture(scope="module")
def source(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Platform]]:
    folder = tmp_path_factory.mktemp("source")
    made = copy_platform("", folder / "platform")
    made.commit("Start")
    snapshot.take(made.layout, folder / server.NAME)
    (folder / "empty.git").mkdir()
    (folder / "secret").write_text("secret")
    handler = type("Bound", (server.Handler,), {"folder": folder, "token": TOKEN, "log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_port, made
        running.shutdown()


def ask(port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, KNOWN | (headers or {}))
        answer = connection.getresponse()
        assert b"secret" not in answer.read()
        return answer.status
    finally:
        connection.close()


def test_a_clone_gets_the_tree(source: tuple[int, Platform], tmp_path: Path) -> None:
    port, made = source
    url = f"http://{server.USER}:{TOKEN}@127.0.0.1:{port}/{server.NAME}"
    subprocess.run(["git", "clone", "--quiet", url, str(tmp_path / "clone")], check=True, capture_output=True)
    assert Platform(tmp_path / "clone").git("rev-parse", "HEAD") == made.git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    "given",
    ["", "Basic", "Basic !", "Basic Zmx1eDo=", f"Bearer {TOKEN}", KNOWN["Authorization"] + "x", "Basic \u00e9"],
)
@pytest.mark.parametrize(("method", "path"), [("GET", REFS), ("POST", FETCH), ("GET", "/")])
def test_nobody_is_answered_without_the_token(source: tuple[int, Platform], given: str, method: str, path: str) -> None:
    assert ask(source[0], method, path, b"" if method == "POST" else None, {"Authorization": given}) == 401


def test_it_does_not_start_without_a_token(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is empty"):
        server.serve(tmp_path, "127.0.0.1", 0, "")


def test_a_push_is_refused(source: tuple[int, Platform], tmp_path: Path) -> None:
    port, made = source
    url = f"http://{server.USER}:{TOKEN}@127.0.0.1:{port}/{server.NAME}"
    pushed = subprocess.run(
        ["git", "-C", str(made.root), "push", url, "HEAD:refs/heads/evil"], check=False, capture_output=True
    )
    assert pushed.returncode != 0
    assert ask(port, "GET", f"/{server.NAME}/info/refs?service=git-receive-pack") == 404
    assert ask(port, "POST", f"/{server.NAME}/git-receive-pack", b"0000") == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/secret",
        "/empty.git/info/refs?service=git-upload-pack",
        "/other.git/info/refs?service=git-upload-pack",
        "/./platform.git/info/refs?service=git-upload-pack",
        "/../secret",
        f"/{server.NAME}/../secret",
        f"/{server.NAME}/HEAD",
        f"/{server.NAME}/config",
        f"/{server.NAME}/objects/info/alternates",
        f"/{server.NAME}/%2e%2e/secret",
        f"/{server.NAME}/info/refs",
        f"/{server.NAME}/info/refs?service=git-upload-pack&x=1",
    ],
)
def test_every_other_path_is_unknown(source: tuple[int, Platform], path: str) -> None:
    assert ask(source[0], "GET", path) == 404


def test_other_methods_and_bodies_are_refused(source: tuple[int, Platform]) -> None:
    port = source[0]
    assert ask(port, "PUT", f"/{server.NAME}/HEAD", b"x") == 501
    assert ask(port, "DELETE", f"/{server.NAME}") == 501
    assert ask(port, "POST", FETCH, b"", {"Content-Length": "-1"}) == 411
    assert ask(port, "POST", FETCH, b"", {"Content-Length": str(1 << 40)}) == 413


def test_noise_never_ends_it(source: tuple[int, Platform]) -> None:
    port = source[0]
    noise = random.Random(7)
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(noise.randbytes(noise.randrange(1, 400)) + b"\r\n\r\n")
    assert ask(port, "GET", REFS) == 200

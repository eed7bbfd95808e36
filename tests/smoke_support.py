"""A fake cluster for the checks of `inv smoke`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from penstock.cluster.smoke.check import World
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, Result
from penstock.kube.objects import Object
from penstock.tools.kubectl import Kubectl

DEADLINE = 0.15
_RECORDED = Path(__file__).parent / "cluster" / "smoke" / "recorded"
Answers = dict[str, Any]
Run = Callable[[World, Step, float], str]


@dataclass(frozen=True)
class Fake(Kubectl):
    """kubectl that answers with the value of the first key in its command line; a number is an exit code.

    A list of answers is given one after the other, the last one for ever. `address` is where forwarded ports lead.
    """

    kubeconfig: Path = Path("none")
    answers: Answers = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    stdin: list[bytes] = field(default_factory=list)
    address: str = ""

    def run(
        self, *words: str | Path, stdin: bytes | None = None, timeout: float = 60, ok: tuple[int, ...] = (0,)
    ) -> Result:
        line = " ".join(map(str, words))
        self.asked.append(line)
        self.stdin.append(stdin or b"")
        found = next((answer for key, answer in self.answers.items() if key in line), 1)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        code, text = found if isinstance(found, tuple) else (found, "") if isinstance(found, int) else (0, found)
        text = text if isinstance(text, str) else json.dumps(text)
        command = Command(["kubectl", *words])
        result = Result(command, code, text.encode(), b"" if code == 0 or text else b"Error (NotFound)", 0.0)
        if code not in ok:
            raise CommandFailed(result)
        return result

    @contextmanager
    def forward(self, namespace: str, service: str, port: str, timeout: float = 60) -> Iterator[str]:
        self.asked.append(f"forward {namespace} {service} {port}")
        yield self.address


def recorded(name: str) -> str:
    """An answer of the real program; docs/reference/tested.md lists the versions."""
    return (_RECORDED / name).read_text()


def world(fake: Fake, address: str = "", revision: str = "", **objects: list[dict[str, Any]]) -> World:
    """A world with these components."""
    every = [Object(name, {"apiVersion": "v1", **item}) for name, items in objects.items() for item in items]
    return World(fake, list(objects), every, "cluster.local", revision, address)


def passes(check: Run, where: World) -> str:
    """The message of a check, which must pass."""
    return check(where, Step("test"), DEADLINE)


def fails(check: Run, where: World) -> str:
    """The message of a check, which must fail."""
    try:
        said = passes(check, where)
    except PenstockError as error:
        return error.message
    raise AssertionError(f"passed: {said}")


@dataclass
class Web:
    """A web server's requests, and its answers: `METHOD path` -> status and text."""

    address: str
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def serve() -> Iterator[Web]:
    """A web server on a free port; requests without an answer get 404."""
    web = Web("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            key = f"{self.command} {self.path}"
            web.asked.append((key, dict(self.headers), self.rfile.read(length)))
            code, text = web.answers.get(key, web.answers.get(f"{self.headers['Host']} {key}", (404, "no such page")))
            self.send_response(code)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815, http.server's own name

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002, http.server's own name
            """Print no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web.address = f"127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()

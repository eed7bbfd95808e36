"""A bare API server: etcd and kube-apiserver with their defaults, no controller and no object."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from penstock.tools.resolver import resolve

_TOKEN = "of-the-tests"
_APPLY = "fieldManager=kustomize-controller&force=true&fieldValidation=Strict"


class Api:
    """A client that keeps one connection per thread."""

    def __init__(self, port: int, certificate: Path) -> None:
        self._port = port
        self._certificate = certificate
        self._local = threading.local()
        self._opened: list[http.client.HTTPSConnection] = []

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request, and return its status code and answer."""
        connection = self._connection()
        headers = {"Authorization": f"Bearer {_TOKEN}", "Accept": "application/json"}
        if method == "PATCH":
            headers["Content-Type"] = "application/apply-patch+yaml"
        text = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, text, headers)
        except OSError:  # the server closes a connection that is idle for long
            connection.close()
            connection.request(method, path, text, headers)
        try:
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:  # its own code failed
            connection.close()
            return 500, ""
        content = answer.read()
        return answer.status, json.loads(content) if content.startswith(b"{") else content.decode()

    def _connection(self) -> http.client.HTTPSConnection:
        found: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if found is None:
            context = ssl.create_default_context(cafile=self._certificate)
            context.check_hostname = False  # the certificate that it makes for itself is for another address
            found = http.client.HTTPSConnection("127.0.0.1", self._port, context=context, timeout=60)
            self._local.connection = found
            self._opened.append(found)
        return found

    def close(self) -> None:
        """Close every connection."""
        for connection in self._opened:
            connection.close()

    def get(self, path: str) -> Any:
        """The answer to a GET, which has to succeed."""
        code, answer = self.ask("GET", path)
        assert code == 200, answer
        return answer

    def apply(self, path: str, item: dict[str, Any], dry_run: bool = False) -> tuple[int, Any]:
        """Apply an object server-side, as Flux does."""
        return self.ask("PATCH", f"{path}?{_APPLY}{'&dryRun=All' if dry_run else ''}", item)


@contextmanager
def running(folder: Path) -> Iterator[Api]:
    """A server that is ready; both programs are stopped at the end."""
    etcd, peer, port = _free(3)
    (folder / "tokens").write_text(f'{_TOKEN},tester,tester,"system:masters"\n')
    url, between = f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peer}"
    with ExitStack() as stack:
        for name, flags in {
            "etcd": {
                "data-dir": folder / "etcd",
                "listen-client-urls": url,
                "advertise-client-urls": url,
                "listen-peer-urls": between,
                "initial-advertise-peer-urls": between,
                "initial-cluster": f"default={between}",
                "unsafe-no-fsync": "true",
            },
            "kube-apiserver": {
                "etcd-servers": url,
                "secure-port": port,
                "bind-address": "127.0.0.1",
                "cert-dir": folder / "certs",
                "token-auth-file": folder / "tokens",
                "authorization-mode": "RBAC",
                "service-account-issuer": "https://api.test",
                # The server makes the key of its certificate itself, before it reads this one.
                "service-account-key-file": folder / "certs" / "apiserver.key",
                "service-account-signing-key-file": folder / "certs" / "apiserver.key",
                "allow-privileged": "true",
                "enable-priority-and-fairness": "false",
            },
        }.items():
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            argv = [str(resolve(name)), *(f"--{flag}={value}" for flag, value in flags.items())]
            program = subprocess.Popen(argv, stdout=log, stderr=log)
            stack.callback(program.wait)
            stack.callback(program.terminate)
        api = Api(port, folder / "certs" / "apiserver.crt")
        stack.callback(api.close)
        _await(api, program, folder / "kube-apiserver.log")
        yield api


def _await(api: Api, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    last: object = None
    while time.monotonic() < until and server.poll() is None:
        try:
            last = api.ask("GET", "/readyz")
            if last[0] == 200:
                return
        except OSError as error:  # at first there is neither a port nor a certificate
            last = error
        api.close()
        time.sleep(0.1)
    raise AssertionError(f"{last}\n{log.read_text()[-2000:]}")


def _free(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in taken]

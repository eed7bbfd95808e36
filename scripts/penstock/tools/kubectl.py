"""Adapter for kubectl."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.core.model import convert
from penstock.core.process import Command, CommandFailed, Result, run, serving
from penstock.kube.nulls import without_nulls
from penstock.kube.ref import Content
from penstock.tools.resolver import resolve

Model = TypeVar("Model")
# Flux applies under this name too: what the bootstrap applies is adopted without a conflict or a change.
FIELD_MANAGER = "kustomize-controller"
PENSTOCK = "penstock"
_READY = ["get", "--raw", "/readyz", "--request-timeout=5s"]
# etcd's error after it has raised its alarm.
_FULL = "etcdserver: mvcc: database space exceeded"
# What kubectl reports while an API server ends or starts, or before the controller manager has made a new namespace's
# account.
_AWAY = re.compile(
    r"Unable to connect to the server: (?!.*x509)|connect(ion)? (to the server .* was )?(refused|reset)|\bEOF$"
    r"|\(Forbidden\): unknown|unable to handle the request|leader changed|client connection lost|apiserver not ready"
    r'|serviceaccount "default" not found',
)


# Collecting garbage would take a fifth of its processor time.
_SHORT_LIVED = {"GOGC": "400"}


class Unavailable(CommandFailed):
    """A command that failed because the API server doesn't answer at the moment."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl for one cluster; it never reads the user's kubeconfig."""

    kubeconfig: Path

    def run(
        self, *arguments: str | Path, stdin: bytes | None = None, timeout: float = 60, ok: tuple[int, ...] = (0,)
    ) -> Result:
        """Run a subcommand."""
        return self.carry_out(Command(self._argv(*arguments), stdin=stdin, timeout=timeout, ok=ok))

    def carry_out(self, command: Command) -> Result:
        """Run a command of kubectl; raises Unavailable if the API server is away, PenstockError if etcd is full."""
        try:
            return run(replace(command, env={**command.env, **_SHORT_LIVED}))
        except CommandFailed as failure:
            if _FULL in failure.message:
                raise PenstockError(
                    "the cluster's database takes no more writes: etcd's space is used up (its alarm NOSPACE)",
                    "make a local cluster again: inv down && inv up. Elsewhere give etcd space, compact and defragment "
                    "it, then `etcdctl alarm disarm`, as the alarm doesn't go by itself",
                ) from None
            # At its start an API server forbids everything, until it has read who may do what.
            if _AWAY.search(failure.message) or ("(Forbidden)" in failure.message and not self._has_started()):
                raise Unavailable(failure.result) from None
            raise

    def command(self, *arguments: str | Path, timeout: float = 600) -> Command:
        """Return the command for a subcommand."""
        return Command(self._argv(*arguments), timeout=timeout)

    @contextmanager
    def forward(self, namespace: str, service: str, port: str, timeout: float = 60) -> Iterator[str]:
        """Forward a local port to a port of a Service during the block; yields host:port."""
        argv = self._argv("port-forward", "-n", namespace, "--address", "127.0.0.1", f"service/{service}", f":{port}")
        with serving(Command(argv, timeout=timeout), _forwarded) as address:
            yield address

    def _argv(self, *arguments: str | Path) -> list[str | Path]:
        # The API cache goes next to the kubeconfig, not into the user's home.
        cache = self.kubeconfig.parent / "kubectl-cache"
        return [resolve("kubectl"), "--kubeconfig", self.kubeconfig, "--cache-dir", cache, *arguments]

    def get(self, kind: str, *arguments: str) -> list[Content]:
        """Every object of a kind (or comma-separated kinds), as plain values; `arguments` narrow it (-n, -A, -l)."""
        result = json.loads(self.run("get", kind, "-o", "json", *arguments).stdout)
        return list(result["items"]) if "items" in result else [result]

    def read(self, model: type[Model], kind: str, *arguments: str) -> list[Model]:
        """The same as models, without nulls; PenstockError for an object that doesn't fit."""
        return [convert(without_nulls(item), model, f"kubectl get {kind}") for item in self.get(kind, *arguments)]

    def get_these(self, objects: Sequence[Content]) -> list[Content]:
        """Those of the given objects that are there, as they are in the cluster."""
        arguments = ["get", "--ignore-not-found", "-o", "json", "-f", "-"]
        found = self.run(*arguments, stdin=_stream(objects)).stdout if objects else b""
        result = json.loads(found) if found.strip() else {"items": []}
        return list(result["items"]) if "items" in result else [result]

    def diff(self, objects: Sequence[Content], timeout: float) -> Result:
        """What applying objects as Flux would change, asked of the API server in a dry run; code 1 when it would."""
        apply = ["--server-side", "--force-conflicts", f"--field-manager={FIELD_MANAGER}"]
        return self.run(
            "diff", *apply, "--concurrency=8", "-f", "-", stdin=_stream(objects), timeout=timeout, ok=(0, 1)
        )

    def get_one(self, kind: str, name: str, namespace: str = "") -> Content | None:
        """One object, or None when it isn't there."""
        arguments = ["-n", namespace] if namespace else []
        result = self.run("get", kind, name, "--ignore-not-found", "-o", "json", *arguments)
        return json.loads(result.stdout) if result.stdout.strip() else None

    def read_one(self, model: type[Model], kind: str, name: str, namespace: str = "") -> Model | None:
        """The same as a model, without nulls; PenstockError if it doesn't fit."""
        item = self.get_one(kind, name, namespace)
        return None if item is None else convert(without_nulls(item), model, f"kubectl get {kind} {name}")

    def apply(self, objects: Sequence[Content], manager: str = FIELD_MANAGER) -> str:
        """Server-side apply; gives kubectl's line for each object."""
        return self.run(*_apply(manager), stdin=_stream(objects), timeout=120).text

    def applying(self, objects: Sequence[Content], manager: str = FIELD_MANAGER) -> Command:
        """The command of `apply`, the objects on its standard input."""
        return self._applying(_stream(objects), manager)

    def applying_files(self, files: list[Path], manager: str = FIELD_MANAGER) -> Command:
        """The command that applies files as one stream."""
        return self._applying(b"\n---\n".join(path.read_bytes() for path in files), manager)

    def _applying(self, text: bytes, manager: str) -> Command:
        return Command(self._argv(*_apply(manager)), stdin=text, timeout=120)

    def _has_started(self) -> bool:
        return not run(Command(self._argv(*_READY), ok=(0, 1))).code

    def is_ready(self) -> bool:
        """Whether the API server reports that it is ready."""
        try:
            return self.run(*_READY).text.strip() == "ok"
        except CommandFailed:
            return False


def _stream(objects: Sequence[Content]) -> bytes:
    return yaml.dump_all(objects).encode()


def _apply(manager: str) -> list[str]:
    return ["apply", "--server-side", "--force-conflicts", f"--field-manager={manager}", "-f", "-"]


def objects_in(objects: Sequence[Content]) -> str:
    """A few objects by name, many by number."""
    names = [f"{item['kind']} {item['metadata']['name']}" for item in objects]
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def _forwarded(line: str) -> str | None:
    found = re.match(r"Forwarding from (127\.0\.0\.1:\d+) -> ", line)
    return found[1] if found else None

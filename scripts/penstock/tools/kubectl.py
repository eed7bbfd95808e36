"""Adapter for kubectl."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, Result, run, serving
from penstock.tools.resolver import resolve

# Flux uses the same name, so it adopts the bootstrap's objects without conflicts or changes.
FIELD_MANAGER = "kustomize-controller"
PENSTOCK = "penstock"
# etcd's error after it has raised its alarm.
_FULL = "etcdserver: mvcc: database space exceeded"


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
        """Run a command of kubectl; raises PenstockError if etcd is full."""
        try:
            return run(command)
        except CommandFailed as failure:
            if _FULL in failure.message:
                raise PenstockError(
                    "the cluster's database takes no more writes: etcd's space is used up (its alarm NOSPACE)",
                    "make a local cluster again: inv down && inv up. Elsewhere give etcd space, compact and defragment "
                    "it, then `etcdctl alarm disarm`, as the alarm doesn't go by itself",
                ) from None
            raise

    def command(self, *arguments: str | Path) -> Command:
        """Return the command for a subcommand."""
        return Command(self._argv(*arguments))

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

    def get(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        """Return all objects of a kind (or comma-separated kinds) as plain values; `arguments` filter (-n, -A, -l)."""
        result = json.loads(self.run("get", kind, "-o", "json", *arguments).stdout)
        return list(result["items"]) if "items" in result else [result]

    def get_these(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return those of these objects that exist, as they are in the cluster."""
        arguments = ["get", "--ignore-not-found", "-o", "json", "-f", "-"]
        found = self.run(*arguments, stdin=_stream(objects)).stdout if objects else b""
        result = json.loads(found) if found.strip() else {"items": []}
        return list(result["items"]) if "items" in result else [result]

    def diff(self, objects: list[dict[str, Any]], timeout: float) -> Result:
        """Diff objects against a server-side dry run with Flux's field manager; code 1 means that there are changes."""
        apply = ["--server-side", "--force-conflicts", f"--field-manager={FIELD_MANAGER}"]
        return self.run(
            "diff", *apply, "--concurrency=8", "-f", "-", stdin=_stream(objects), timeout=timeout, ok=(0, 1)
        )

    def get_one(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """Return one object, or None if it doesn't exist."""
        arguments = ["-n", namespace] if namespace else []
        result = self.run("get", kind, name, "--ignore-not-found", "-o", "json", *arguments)
        return json.loads(result.stdout) if result.stdout.strip() else None

    def apply(self, objects: list[dict[str, Any]], manager: str = FIELD_MANAGER) -> str:
        """Apply objects server-side; returns kubectl's line for each."""
        return self.run(*_apply(manager), stdin=_stream(objects), timeout=120).text

    def applying(self, objects: list[dict[str, Any]], manager: str = FIELD_MANAGER, about: str = "") -> Command:
        """Return the command of `apply` with the objects on stdin; `about` describes them."""
        return self._applying(_stream(objects), about or objects_in(objects), manager)

    def applying_files(self, files: list[Path], about: str, manager: str = FIELD_MANAGER) -> Command:
        """Return the command that applies files as one stream; `about` describes their content."""
        return self._applying(b"\n---\n".join(path.read_bytes() for path in files), about, manager)

    def _applying(self, text: bytes, about: str, manager: str) -> Command:
        return Command(self._argv(*_apply(manager)), stdin=text, timeout=120, about=about)

    def is_ready(self) -> bool:
        """Whether the API server reports that it is ready."""
        try:
            return self.run("get", "--raw", "/readyz", "--request-timeout=5s").text.strip() == "ok"
        except CommandFailed:
            return False


def _stream(objects: list[dict[str, Any]]) -> bytes:
    return yaml.dump_all(objects).encode()


def _apply(manager: str) -> list[str]:
    return ["apply", "--server-side", "--force-conflicts", f"--field-manager={manager}", "-f", "-"]


def objects_in(objects: list[dict[str, Any]]) -> str:
    """Return a few objects by name, or two names and the number of others."""
    names = [f"{item['kind']} {item['metadata']['name']}" for item in objects]
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def _forwarded(line: str) -> str | None:
    found = re.match(r"Forwarding from (127\.0\.0\.1:\d+) -> ", line)
    return found[1] if found else None

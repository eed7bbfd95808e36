"""Adapter for helm, which downloads upstream charts, and renders them for a comparison."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from penstock.core import yaml
from penstock.core.environment import inherited
from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, run
from penstock.tools.resolver import resolve


def pull(source: str, version: str) -> bytes:
    """Return the archive of a chart: `oci://host/path/name`, or the URL of its repository followed by its name.

    Of the user's helm configuration only the logins (`helm registry login`) are used. Raises PenstockError if the chart
    doesn't exist or the server doesn't answer.
    """
    with tempfile.TemporaryDirectory(prefix="penstock-helm-") as folder:
        arguments = ["pull", "--destination", folder, "--version", version]
        if source.startswith("oci://"):
            arguments += [source, *(["--plain-http"] if is_loopback(source) else [])]
        else:
            repository, _, name = source.rpartition("/")
            arguments += [name, "--repo", repository]
        try:
            run(Command([resolve("helm"), *arguments], env=_environment(folder), bare=True, timeout=300))
        except CommandFailed as failure:
            reason = failure.result.complaint.rpartition("Error: ")[2]
            raise PenstockError(
                f"the chart {source} {version} can't be pulled: {' '.join(reason.split())}",
                "is its name right, and the network there? What was pulled before is in the cache and needs neither",
            ) from None
        (archive,) = Path(folder).glob("*.tgz")
        return archive.read_bytes()


def template(
    chart: Path, release: str, namespace: str, values: Mapping[str, Any], version: str, api_versions: Sequence[str]
) -> str:
    """Return what a chart renders for a Kubernetes version, as a YAML stream; raises PenstockError if it can't."""
    argv: list[str | Path] = ["template", release, chart, "--namespace", namespace, "--values", "-", "--skip-tests"]
    argv += ["--kube-version", version, *(word for name in api_versions for word in ("--api-versions", name))]
    with tempfile.TemporaryDirectory(prefix="penstock-helm-") as folder:
        command = Command(
            [resolve("helm"), *argv], env=_environment(folder), bare=True, stdin=yaml.dump(values).encode()
        )
        try:
            return run(command).text
        except CommandFailed as failure:
            reason = " ".join(failure.result.complaint.rpartition("Error: ")[2].split())
            raise PenstockError(f"the chart {chart.name} can't be rendered: {reason}", "fix the values") from None


def is_loopback(url: str) -> bool:
    """Whether a URL is on this machine, the only place where plain HTTP is allowed."""
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _environment(folder: str) -> dict[str, str]:
    """Return the user's environment, with proxies, certificates and credential helpers, but separate helm folders."""
    plain = {name: value for name, value in inherited().items() if not name.startswith("HELM_")}
    homes = {f"HELM_{name}_HOME": f"{folder}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
    logins = run(Command([resolve("helm"), "env", "HELM_REGISTRY_CONFIG"])).text.strip()
    return {**plain, **homes, "HELM_REGISTRY_CONFIG": logins}

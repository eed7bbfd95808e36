"""HTTP to a cluster: through the API server's proxy, a forwarded port, or the Gateway."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from penstock.cluster.smoke.check import CheckFailed
from penstock.core.model import decode
from penstock.core.process import CommandFailed
from penstock.tools.kubectl import Kubectl

Model = TypeVar("Model")
_PATIENCE_SECONDS = 10.0


def request(
    address: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, str]:
    """Return status and text of the answer from `address` (host:port); raises CheckFailed if there is none."""
    connection = HTTPConnection(address, timeout=_PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise CheckFailed(f"http://{address}{path} doesn't answer: {error or type(error).__name__}") from None
    finally:
        connection.close()


def get(
    kubectl: Kubectl, namespace: str, target: tuple[str, str], path: str, query: Mapping[str, str] | None = None
) -> str:
    """Return the answer of a Service (`target` is its name and port) through the API server's proxy.

    That needs no local port, but can't send headers; use a forwarded port for those. Raises CheckFailed on errors.
    """
    service = ":".join(target)
    url = f"{path}?{urlencode(query)}" if query else path
    proxy = f"/api/v1/namespaces/{namespace}/services/http:{service}/proxy{url}"
    try:
        return kubectl.run("get", "--raw", proxy, timeout=_PATIENCE_SECONDS).text
    except CommandFailed as failure:
        raise CheckFailed(f"{namespace}/{service}{path}: {failure.result.complaint}") from None


def decoded(text: str, model: type[Model], source: str) -> Model:
    """Decode a JSON answer; raises CheckFailed if it doesn't match the model."""
    try:
        return decode(text, model)
    except msgspec.DecodeError as error:
        raise CheckFailed(f"{source} answers unexpectedly ({error}): {text[:80]!r}") from None

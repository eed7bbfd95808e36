"""The Flux objects of a platform: its source, the root Kustomization, and a Kustomization per component.

Fields: https://fluxcd.io/flux/components/kustomize/kustomizations/ and
https://fluxcd.io/flux/components/source/gitrepositories/.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from penstock.core import yaml
from penstock.kube.flux import NAMESPACE
from penstock.tools.repository import BRANCH

SOURCE = "platform"
ROOT = "platform"
INDEX = "kustomization.yaml"
# The Secret for the local server, created by Penstock, and the one for a private remote, created by its owner. With two
# names, neither server receives the other's credentials, and no existing Secret is overwritten.
LOCAL_CREDENTIALS = "git-source"
CREDENTIALS = "platform-source"


def namespace() -> dict[str, Any]:
    """Return Flux's namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def source(url: str, environment: str, secret: str, branch: str = BRANCH) -> dict[str, Any]:
    """Return the GitRepository, restricted to the environment's manifests, with the Secret for its server, if any."""
    credentials = {"secretRef": {"name": secret}} if secret else {}
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": SOURCE, "namespace": NAMESPACE},
        "spec": {
            "interval": "1m",
            "url": url,
            "ref": {"branch": branch},
            "timeout": "60s",
            "ignore": f"/*\n!/manifests\n/manifests/*\n!/manifests/{environment}\n",
            **credentials,
        },
    }


def credentials(user: str, password: str) -> dict[str, Any]:
    """Return the Secret for the local server."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": LOCAL_CREDENTIALS, "namespace": NAMESPACE},
        "type": "Opaque",
        "stringData": {"username": user, "password": password},
    }


def root(environment: str, patches: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the root Kustomization, which applies all others without waiting for them: that would add a level.

    `patches` are the changes for a local cluster, in Flux's `spec.patches`.
    """
    spec = {"path": f"./manifests/{environment}/{NAMESPACE}", "timeout": "2m", "patches": patches, **_COMMON}
    return _kustomization(ROOT, spec)


def component(
    environment: str, name: str, needed: list[str], account: str = "", waits: bool = True, force: bool = False
) -> dict[str, Any]:
    """Return a component's Kustomization, which waits until its objects are Ready; not if `waits` is false.

    `needed` are the Kustomizations to apply first. Flux applies it as `account`, or with its own rights if that is
    empty. With `force`, it recreates an object whose change is refused: a changed Job runs again.
    """
    spec: dict[str, Any] = {"path": f"./manifests/{environment}/{name}", "timeout": "5m", "wait": waits, **_COMMON}
    if needed:
        spec["dependsOn"] = [{"name": before} for before in needed]
    if account:
        spec["serviceAccountName"] = account
    if force:
        spec["force"] = True
    return _kustomization(name, spec)


def component_file(
    environment: str, name: str, needed: list[str], account: str = "", waits: bool = True, force: bool = False
) -> bytes:
    """Return `dump(component(…))`, filling plain names into one cached dump: many separate dumps would be slow."""
    if any(_ODD.fullmatch(word) for word in (name, *needed)):
        return dump(component(environment, name, needed, account, waits, force))
    text = _pattern(environment, bool(needed), account, waits, force).replace("NAME", name)
    return text.replace("  - name: NEEDED\n", "".join(f"  - name: {before}\n" for before in needed)).encode()


@cache
def _pattern(environment: str, needs: bool, account: str, waits: bool, force: bool) -> str:
    return dump(component(environment, "NAME", ["NEEDED"] if needs else [], account, waits, force)).decode()


def index(files: list[str]) -> bytes:
    """Return a kustomization.yaml that lists files; Penstock's file names end in .yaml and never need quotes."""
    lines = [
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        "resources:" if files else "resources: []",
    ]
    return "\n".join([*lines, *(f"- {name}" for name in sorted(files)), ""]).encode()


def dump(value: Any) -> bytes:
    """Return canonical YAML of plain values: sorted keys, no folded lines, no anchors."""
    return _dump(msgspec.json.encode(value))


@cache
def _dump(value: bytes) -> bytes:
    """Dump JSON as YAML. Cached, since environments share most accounts and the fast check has little time."""
    return yaml.dump(msgspec.json.decode(value)).encode()


# Component names, always lower case, that YAML would read as another type if unquoted.
_ODD = re.compile(r"[^a-z].*|null|true|false|yes|no|on|off|y|n")
_COMMON = {
    "interval": "10m",
    "prune": True,
    "retryInterval": "20s",
    "sourceRef": {"kind": "GitRepository", "name": SOURCE},
}


def _kustomization(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }

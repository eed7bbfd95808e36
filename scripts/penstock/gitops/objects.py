"""The Flux objects of a platform: its source, the root Kustomization, and a Kustomization per component.

Fields: https://fluxcd.io/flux/components/kustomize/kustomizations/ and
https://fluxcd.io/flux/components/source/gitrepositories/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from penstock.core import yaml
from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import Content
from penstock.tools.repository import BRANCH

SOURCE = "platform"
ROOT = "platform"
INDEX = "kustomization.yaml"
# The Secret for the local server, created by Penstock, and the one for a private remote, created by its owner. With two
# names, neither server receives the other's credentials, and no existing Secret is overwritten.
LOCAL_CREDENTIALS = "git-source"
CREDENTIALS = "platform-source"


def namespace() -> Content:
    """Flux's namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def source(url: str, place: str, secret: str, branch: str = BRANCH) -> Content:
    """The GitRepository, with the Secret that its server asks for, if any.

    Only the environment's manifests count: the folder `place`, or everything if that is empty.
    """
    credentials = {"secretRef": {"name": secret}} if secret else {}
    above, _, own = place.partition("/")
    ignore = {"ignore": f"/*\n!/{above}\n/{above}/*\n!/{above}/{own}\n"} if place else {}
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": SOURCE, "namespace": NAMESPACE},
        "spec": {
            "interval": "1m",
            "url": url,
            "ref": {"branch": branch},
            "timeout": "60s",
            **ignore,
            **credentials,
        },
    }


def credentials(user: str, password: str) -> Content:
    """The Secret for our own server."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": LOCAL_CREDENTIALS, "namespace": NAMESPACE},
        "type": "Opaque",
        "stringData": {"username": user, "password": password},
    }


def root(place: str, patches: Sequence[Content]) -> Content:
    """The Kustomization that holds the others. It doesn't wait for them: that would cost a level.

    `place` is the folder of the manifests in the source, and empty for all of it; `patches` are the changes for a local
    cluster, in Flux's `spec.patches`.
    """
    spec = {"path": _path(place, NAMESPACE), "timeout": "2m", "patches": patches, **_COMMON}
    return _kustomization(ROOT, spec)


def component(
    place: str, name: str, needed: list[str], account: str = "", waits: bool = True, force: bool = False
) -> Content:
    """The Kustomization of a component, which waits until its objects are Ready unless they do that themselves.

    `needed` are the Kustomizations to apply first. Flux applies it as `account`, or with its own rights if that is
    empty. With `force`, it recreates an object whose change is refused: a changed Job runs again.
    """
    optional = {"dependsOn": [{"name": before} for before in needed], "serviceAccountName": account, "force": force}
    spec = {"path": _path(place, name), "timeout": "5m", "wait": waits, **_COMMON}
    return _kustomization(name, spec | {key: value for key, value in optional.items() if value})


def component_file(
    place: str, name: str, needed: list[str], account: str = "", waits: bool = True, force: bool = False
) -> bytes:
    """Return `dump(component(…))`, filling plain names into one cached dump: many separate dumps would be slow."""
    if any(_ODD.fullmatch(word) for word in (name, *needed)):
        return dump(component(place, name, needed, account, waits, force))
    text = _pattern(place, bool(needed), account, waits, force).replace("NAME", name)
    return text.replace("  - name: NEEDED\n", "".join(f"  - name: {before}\n" for before in needed)).encode()


@cache
def _pattern(place: str, needs: bool, account: str, waits: bool, force: bool) -> str:
    return dump(component(place, "NAME", ["NEEDED"] if needs else [], account, waits, force)).decode()


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


def _path(place: str, folder: str) -> str:
    return f"./{place}/{folder}" if place else f"./{folder}"


def _kustomization(name: str, spec: Mapping[str, object]) -> Content:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }

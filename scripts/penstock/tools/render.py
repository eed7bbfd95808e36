"""Adapter for render, the batch renderer whose source is in tools/render."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from penstock.core.process import Command, run
from penstock.kube.groups import group_of
from penstock.kube.ref import ObjectRef
from penstock.tools.resolver import resolve


class Defined(msgspec.Struct, frozen=True):
    """A kind beyond Kubernetes' own that is there once the object is."""

    group: str
    kind: str
    namespaced: bool


class Rule(msgspec.Struct, frozen=True):
    """Which resources of which groups an admission registration judges; `*` is all.

    `scope` is Cluster, Namespaced or empty for both; `namespaces` and `objects` are its label selectors.
    """

    groups: list[str] | None = None
    resources: list[str] | None = None
    scope: str = ""
    namespaces: dict[str, Any] | None = None
    objects: dict[str, Any] | None = None


class Object(msgspec.Struct, frozen=True, rename="camel"):
    """One Kubernetes object: canonical YAML, and what checks and ordering need to know of it.

    `hooks` are the events at which Helm applies it, none where it is a plain object; `text` is without its annotations
    for that. `dropped` is the annotation for which Flux's kustomize leaves it out.
    """

    api_version: str
    object_kind: str
    namespace: str
    name: str
    text: str
    source: str
    defines: list[Defined] = []
    admits: list[Rule] = []
    secret_keys: list[str] = []
    hooks: list[str] = []
    hook_weight: int = 0
    dropped: str = ""

    @property
    def ref(self) -> ObjectRef:
        """Its identity."""
        return ObjectRef(group_of(self.api_version), self.object_kind, self.namespace, self.name)


class Answer(msgspec.Struct, frozen=True):
    """One line of the renderer's output; `kind` says which fields count."""

    kind: Literal["object", "component", "fallback", "error"]
    component: str
    object: Object | None = None
    digest: str = ""
    unchanged: bool = False
    charts: list[str] = []
    depends_on: list[str] = []
    release: str = ""
    message: str = ""
    hint: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """A component to render.

    `archives` maps the paths of its upstream charts to what they are called, `rendered` releases to what helmfile made.
    `hooks` is the text of its hooks.yaml.
    """

    name: str
    kustomization: str
    archives: dict[str, str] = {}
    rendered: dict[str, str] = {}
    hooks: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run depends on; `states` is the output of `helmfile build --embed-values`.

    `known` maps components to the digests of their last render, which hold only under the same `programs`.
    """

    root: str
    programs: str
    states: str
    components: list[Wanted]
    known: dict[str, str] = {}
    prove: bool = True


_decoder = msgspec.json.Decoder(Answer)


def render(request: Request, home: Path) -> list[Answer]:
    """Render every component of the request in one process; CommandFailed when the request itself is at fault."""
    command = Command(
        [resolve("render")], env={"HOME": str(home), "TZ": "UTC"}, bare=True, stdin=msgspec.json.encode(request)
    )
    return _decoder.decode_lines(run(command).stdout)

"""Adapter for render, the batch renderer (source: tools/render)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from penstock.core.process import Command, run
from penstock.kube.groups import group_of
from penstock.kube.ref import ObjectRef
from penstock.tools.resolver import resolve


class Defined(msgspec.Struct, frozen=True):
    """A custom kind that an object defines."""

    group: str
    kind: str
    namespaced: bool


class Rule(msgspec.Struct, frozen=True):
    """The groups and resources that an admission registration applies to; `*` is all.

    `scope` is Cluster, Namespaced or empty for both; `namespaces` and `objects` are label selectors.
    """

    groups: list[str] | None = None
    resources: list[str] | None = None
    scope: str = ""
    namespaces: dict[str, Any] | None = None
    objects: dict[str, Any] | None = None


class Object(msgspec.Struct, frozen=True, rename="camel"):
    """One Kubernetes object: canonical YAML, and data for checks and ordering.

    `hooks` are its Helm hook events, none for a plain object; `text` doesn't have the hook annotations. `dropped` is
    the annotation that makes Flux's kustomize drop it.
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
        """The object's identity."""
        return ObjectRef(group_of(self.api_version), self.object_kind, self.namespace, self.name)


class Answer(msgspec.Struct, frozen=True):
    """One line of the renderer's output; `kind` determines which fields are set.

    `same` is an environment for which the component was rendered, into the same objects.
    """

    kind: Literal["object", "component", "fallback", "error"]
    component: str
    environment: str
    same: str = ""
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

    `state` is the output of `helmfile build --embed-values`. `archives` maps paths of upstream charts to their names,
    `rendered` maps releases to helmfile's output. `hooks` is the text of hooks.yaml, `known` the digest of the last
    render, which is valid only for the same programs.
    """

    name: str
    environment: str
    kustomization: str
    state: str = ""
    archives: dict[str, str] = {}
    rendered: dict[str, str] = {}
    hooks: str = ""
    known: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """All inputs of a run; `programs` are the versions of the programs that render."""

    root: str
    programs: str
    components: list[Wanted]
    prove: bool = True


_decoder = msgspec.json.Decoder(Answer)


def render(request: Request, home: Path) -> list[Answer]:
    """Render all components in one process; raises CommandFailed if the request itself is invalid."""
    command = Command(
        [resolve("render")], env={"HOME": str(home), "TZ": "UTC"}, bare=True, stdin=msgspec.json.encode(request)
    )
    return _decoder.decode_lines(run(command).stdout)

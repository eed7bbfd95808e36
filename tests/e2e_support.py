"""A fake trial of e2e, with configurable answers of its verbs and cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result
from penstock.gates.e2e import remains
from penstock.gates.e2e.steps import Run
from penstock.gates.e2e.trial import Trial
from penstock.platform.layout import Layout
from smoke_support import Fake

FLUX = "kustomize.toolkit.fluxcd.io"


def item(name: str, component: str, kind: str = "ConfigMap", **more: Any) -> dict[str, Any]:
    """A live object with Flux's label of a component."""
    metadata = {"name": name, "namespace": "a", "labels": {f"{FLUX}/name": component}, "resourceVersion": "1"}
    group = {"Deployment": "apps/v1"}.get(kind, "v1")
    return {"apiVersion": group, "kind": kind, "metadata": {**metadata, **more.pop("metadata", {})}, **more}


def kustomization(name: str, *inventory: str, ready: str = "True", reason: str = "Done") -> dict[str, Any]:
    """A Kustomization with an inventory."""
    conditions = [{"type": "Ready", "status": ready, "reason": reason, "message": "said"}]
    entries = [{"id": entry, "v": "v1"} for entry in inventory]
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {},
        "status": {"observedGeneration": 1, "conditions": conditions, "inventory": {"entries": entries}},
    }


FOUND = {"items": [kustomization("demo", "a_one__ConfigMap"), kustomization("rest", "a_two_apps_Deployment")]}
OBJECTS = {"items": [item("one", "demo"), item("two", "rest", "Deployment", spec={"replicas": 1}, status={"ready": 1})]}


@dataclass(frozen=True)
class Tried(Trial):
    """A trial with fake verbs and a fake cluster."""

    fake: Fake = field(default_factory=Fake)
    said: list[str] = field(default_factory=list)
    answer: str = ""
    does: dict[str, Callable[[], None]] = field(default_factory=dict)

    @property
    def kubectl(self) -> Fake:
        return self.fake

    def inv(self, *words: str, seconds: float) -> None:
        assert seconds > 0
        self.said.append(" ".join(words))
        self.does.get(words[0], lambda: None)()

    def ask(self, *words: str, seconds: float, ok: tuple[int, ...] = (0,)) -> Result:
        self.inv(*words, seconds=seconds)
        return Result(Command(["inv", *words]), 0, self.answer.encode(), b"", 0.0)

    def commit(self, message: str) -> None:
        self.said.append(message)


def write_manifest(platform: Path, name: str, **content: Any) -> None:
    """Write the manifests of the component `rest`: its Kustomization and a Deployment."""
    tree = platform / "manifests" / "local"
    for folder in ("rest", "flux-system"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    (tree / "flux-system" / "kustomization-rest.yaml").write_text(json.dumps(item("rest", "rest", "Kustomization")))
    (tree / "rest" / "deployment.yaml").write_text(json.dumps(item(name, "rest", "Deployment", **content)))


def tried(root: Path, provider: Any = "kwok", answer: Any = "", **answers: Any) -> Run:
    """A run whose cluster has two components, unless `answers` overrides that."""
    given = {"get kustomizations": FOUND, "get ConfigMap": OBJECTS, **answers}
    (root / "platform" / "components" / "demo").mkdir(parents=True)
    write_manifest(root / "platform", "two")
    made = Tried(Layout(root / "platform"), "local", provider, fake=Fake(answers=given), answer=answer)
    return Run(made, "demo", remains.Look(frozenset(), "no file"))


def said(run: Run) -> list[str]:
    """The verbs and commits of a run."""
    assert isinstance(run.trial, Tried)
    return run.trial.said


def refused(step: Callable[[Run, float], str], run: Run, deadline: float = 0.2) -> list[str]:
    """The lines of the error that a step raises."""
    with pytest.raises(PenstockError) as caught:
        step(run, deadline)
    return caught.value.message.splitlines()

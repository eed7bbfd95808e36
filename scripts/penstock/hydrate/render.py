"""Render prepared sources into objects with the batch renderer, or with helmfile if only that is exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from penstock.core.errors import Findings
from penstock.hydrate.plan import Plan
from penstock.hydrate.rules import RENDER
from penstock.hydrate.select import Component
from penstock.hydrate.sources import Sources
from penstock.platform.layout import Layout
from penstock.tools import helmfile
from penstock.tools import render as renderer
from penstock.tools.render import Answer, Object, Request, Wanted


@dataclass(frozen=True)
class Rendered:
    """A component: the renderer's summary and its objects, none if they match the lock."""

    summary: Answer
    objects: list[Object] = field(default_factory=list)


def render(plan: Plan, sources: Sources, home: Path) -> dict[str, Rendered]:
    """Render every component of the sources; raises Findings with a line for each failure."""
    answers = _answers(plan, sources, home)
    failed = [answer for answer in answers if answer.kind == "error"]
    if failed:
        hints = sorted({answer.hint or "fix what is named above and run it again" for answer in failed})
        raise Findings([_finding(answer) for answer in failed], f"nothing was written; {'; '.join(hints)}", RENDER)
    rendered = {answer.component: Rendered(answer) for answer in answers if answer.kind == "component"}
    for answer in answers:
        if answer.object:
            rendered[answer.component].objects.append(answer.object)
    return rendered


def _answers(plan: Plan, sources: Sources, home: Path) -> list[Answer]:
    request = Request(
        root=str(sources.layout.root),
        programs=plan.inputs.programs,
        states=sources.states,
        components=[
            Wanted(
                each.name,
                _relative(sources.layout, each.kustomization),
                sources.archives.get(each.name, {}),
                hooks=sources.policies[each.name].text,
            )
            for each in sources.components
        ],
        known={each.name: plan.intact[each.name].resolved for each in sources.components if each.name in plan.intact},
    )
    answers = renderer.render(request, home)
    fallbacks = [answer for answer in answers if answer.kind == "fallback"]
    if not fallbacks:
        return answers
    streams = _by_helmfile(plan.inputs.environment, sources.components, fallbacks, home)
    again = [
        msgspec.structs.replace(each, rendered=streams[each.name])
        for each in request.components
        if each.name in streams
    ]
    answers = [answer for answer in answers if answer.kind != "fallback"]
    return answers + renderer.render(msgspec.structs.replace(request, components=again), home)


def _by_helmfile(
    environment: str, components: list[Component], fallbacks: list[Answer], home: Path
) -> dict[str, dict[str, str]]:
    """Map component and release to YAML that only helmfile renders exactly (hooks, patches, set)."""
    files = {each.name: each.helmfile for each in components}
    rendered: dict[str, dict[str, str]] = {}
    for answer in fallbacks:
        file = files[answer.component]
        assert file is not None
        namespace, _, name = answer.release.rpartition("/")
        selector = f"name={name},namespace={namespace}" if namespace else f"name={name}"
        stream = helmfile.template(file, environment, home, "--selector", selector)
        rendered.setdefault(answer.component, {})[answer.release] = stream
    return rendered


def _finding(answer: Answer) -> str:
    name = answer.release.rpartition("/")[2]
    release = f" (release {name})" if name not in ("", answer.component) else ""
    message = " ".join(line.strip() for line in answer.message.splitlines())
    shown = f"components/{answer.component}"
    return message if message.startswith(f"{shown}/") else f"{shown}{release}: {message}"


def _relative(layout: Layout, path: Path | None) -> str:
    return layout.relative(path) if path else ""

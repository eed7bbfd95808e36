"""Render prepared sources into objects with the batch renderer, or with helmfile if only that is exact."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from penstock.core.errors import Findings
from penstock.hydrate.rules import RENDER
from penstock.hydrate.sources import Source, Sources
from penstock.platform.layout import Layout
from penstock.tools import helmfile
from penstock.tools import render as renderer
from penstock.tools.render import Answer, Object, Request, Wanted

Key = tuple[str, str]
"""An environment and a component."""


@dataclass(frozen=True)
class Rendered:
    """A component: the renderer's summary and its objects, none if they match the lock."""

    summary: Answer
    objects: list[Object] = field(default_factory=list)


def render(sources: Sources, home: Path) -> list[Rendered]:
    """Render every component of the sources, equal ones once; raises Findings with a line for each failure.

    Environments for which a component renders the same have the same `objects`.
    """
    groups: dict[tuple[str, ...], list[Source]] = defaultdict(list)
    for source in sources.each:
        groups[_equals(source)].append(source)
    answers = _answers(sources, list(groups.values()), home)
    failed = [answer for answer in answers if answer.kind == "error"]
    if failed:
        hints = sorted({answer.hint or "fix what is named above and run it again" for answer in failed})
        lines = list(dict.fromkeys(map(_finding, failed)))
        raise Findings(lines, f"nothing was written; {'; '.join(hints)}", RENDER)
    objects: dict[Key, list[Object]] = defaultdict(list)
    for answer in answers:
        if answer.object:
            objects[answer.environment, answer.component].append(answer.object)
    summaries = {(each.environment, each.component): each for each in answers if each.kind == "component"}
    makers = {key: (members[0].environment, members[0].component.name) for key, members in groups.items()}
    made = {key: _made(summaries[maker], objects) for key, maker in makers.items()}
    return [made[_equals(source)] for source in sources.each]


def _equals(source: Source) -> tuple[str, ...]:
    """Return what sources have in common that certainly render the same."""
    state = source.state.environment if source.state else ""
    return source.component.name, state, str(source.component.kustomization or "")


def _made(summary: Answer, objects: dict[Key, list[Object]]) -> Rendered:
    return Rendered(summary, objects[summary.same or summary.environment, summary.component])


def _answers(sources: Sources, groups: list[list[Source]], home: Path) -> list[Answer]:
    request = Request(
        root=str(sources.layout.root),
        programs=sources.each[0].plan.inputs.programs,
        components=[
            Wanted(
                first.component.name,
                first.environment,
                _relative(sources.layout, first.component.kustomization),
                first.state.text if first.state else "",
                first.archives,
                hooks=first.policy.text,
                known=_known(group),
            )
            for group in groups
            for first in group[:1]
        ],
    )
    answers = renderer.render(request, home)
    fallbacks = [answer for answer in answers if answer.kind == "fallback"]
    if not fallbacks:
        return answers
    streams = _by_helmfile(sources, fallbacks, home)
    again = [
        msgspec.structs.replace(each, rendered=streams[each.environment, each.name])
        for each in request.components
        if (each.environment, each.name) in streams
    ]
    answers = [answer for answer in answers if answer.kind != "fallback"]
    return answers + renderer.render(msgspec.structs.replace(request, components=again), home)


def _known(group: list[Source]) -> str:
    """Return the digest of the last render, if the files of all these sources are as it left them."""
    intact = [source.plan.intact.get(source.component.name) for source in group]
    digests = {each.resolved if each else "" for each in intact}
    return digests.pop() if len(digests) == 1 else ""


def _by_helmfile(sources: Sources, fallbacks: list[Answer], home: Path) -> dict[Key, dict[str, str]]:
    """Map component and release to YAML that only helmfile renders exactly (hooks, patches, set)."""
    files = {(each.environment, each.component.name): each.component.helmfile for each in sources.each}
    rendered: dict[Key, dict[str, str]] = {}
    for answer in fallbacks:
        key = (answer.environment, answer.component)
        file = files[key]
        assert file is not None
        namespace, _, name = answer.release.rpartition("/")
        selector = f"name={name},namespace={namespace}" if namespace else f"name={name}"
        stream = helmfile.template(file, answer.environment, home, "--selector", selector)
        rendered.setdefault(key, {})[answer.release] = stream
    return rendered


def _finding(answer: Answer) -> str:
    name = answer.release.rpartition("/")[2]
    release = f" (release {name})" if name not in ("", answer.component) else ""
    message = " ".join(line.strip() for line in answer.message.splitlines())
    shown = f"components/{answer.component}"
    return message if message.startswith(f"{shown}/") else f"{shown}{release}: {message}"


def _relative(layout: Layout, path: Path | None) -> str:
    return layout.relative(path) if path else ""

"""One environment, from its sources to the files of its tree."""

from __future__ import annotations

from pathlib import Path

import msgspec

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import plain_folder, sha256
from penstock.core.layout import Layout
from penstock.hydrate import (
    check,
    derived,
    hooks,
    labels,
    lock,
    resolve,
    select,
    split,
    stage,
    upstream_charts,
    values_schema,
)
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import Lock, LockedComponent
from penstock.hydrate.parts import refuse_taken, unit_name, units
from penstock.hydrate.tree import Tree, on_disk
from penstock.platform import environments, secrets
from penstock.tools import helmfile
from penstock.tools import render as renderer
from penstock.tools.render import Answer, Request, Wanted


def hydrate(
    layout: Layout, environment: str, wanted: list[str], everything: bool, charts: Charts | None = None
) -> Tree:
    """Compute an environment's tree; writes nothing but the cache.

    `wanted` limits the run to some components; `everything` renders also what the lock calls unchanged, and doesn't
    trust the lock in anything. `charts` are the upstream charts, by default those in charts.lock and no other.
    """
    charts = charts or Charts(layout, may_lock=False)
    environments.read(layout, environment)
    found = select.components(layout, environment)
    held = lock.read(layout.tree(environment), f"manifests/{environment}")
    old = lock.EMPTY if everything else held
    inputs = select.Inputs(layout, environment, charts.noted)
    asked = select.only(found, wanted)
    disk = on_disk(layout, environment)
    whole = {name for name, component in old.components.items() if _whole(disk, name, component)}
    stale = {component.name for component in select.stale(inputs, asked, old)}
    # What was damaged by hand is rendered too, asked for or not: its files could not be kept.
    damaged = old.components.keys() - whole
    work = [component for component in found if component.name in stale or component.name in damaged]
    if wanted:
        others = {component.name for component in found} - {component.name for component in asked}
        _refuse_unknown(others - set(old.components), environment)
    known = {name: component for name, component in old.components.items() if name in whole}
    components, texts = _render(inputs, charts, work, known)
    for component in found:
        if component.name not in components and component.name in old.components:
            components[component.name] = old.components[component.name]
    components = {name: components[name] for name in sorted(components)}
    refuse_taken(components)
    check.check(components)
    present = units(components)
    files: dict[str, bytes | None] = {
        f"{name}/{file}": texts[name][file] if name in texts else None
        for name, unit in present.items()
        for file in unit.files
    }
    made = derived.files(environment, components, labels.reader(layout.tree(environment), texts))
    digests = {path: sha256(data) for path, data in made.items()}
    # What is on disk already is kept: a link costs less than a file.
    files |= {path: None if disk.get(path) == digests[path] else data for path, data in made.items()}
    written = Lock(version=lock.FORMAT, components=components, flux=digests)
    return Tree(environment, files, written, [component.name for component in work], disk)


def _whole(disk: dict[str, str], name: str, locked: LockedComponent) -> bool:
    return all(
        disk.get(f"{unit}/{file}") == held.sha256
        for unit, part in units({name: locked}).items()
        for file, held in part.files.items()
    )


def _refuse_unknown(names: set[str], environment: str) -> None:
    if names:
        raise PenstockError(
            f"-c was given, but {', '.join(sorted(names))} was never hydrated for {environment}",
            f"run `inv hydrate -e {environment}` without -c once",
        )


def _render(
    inputs: select.Inputs, charts: Charts, work: list[select.Component], known: dict[str, LockedComponent]
) -> tuple[dict[str, LockedComponent], dict[str, dict[str, bytes]]]:
    """The lock's entries of the rendered components, and their files where they changed; `known` are whole on disk."""
    if not work:
        return {}, {}
    values_schema.refuse_untyped(inputs.layout, inputs.environment)
    policies = _policies(inputs, work)
    resolve.refuse_unhermetic(inputs.layout, work)
    with plain_folder("penstock-home-") as home:
        layout, staged = stage.stage(inputs.layout, inputs.environment, work, home)
        archives = upstream_charts.prepare(layout, charts, inputs.environment, staged, home)
        states = resolve.resolve(layout, inputs.environment, staged, home)
        answers = _answers(inputs, layout, staged, states, archives, known, policies, home)
    # After helmfile's own `secrets:` were refused, which may be in a file of this name.
    secrets.declared(inputs.layout, [component.name for component in work])
    entries: dict[str, LockedComponent] = {}
    texts: dict[str, dict[str, bytes]] = {}
    objects: dict[str, list[renderer.Object]] = {component.name: [] for component in work}
    by_name = {component.name: component for component in work}
    for answer in answers:
        if answer.object:
            objects[answer.component].append(answer.object)
        elif answer.kind == "component":
            digest = inputs.of(by_name[answer.component], answer.charts)
            if answer.unchanged:
                entries[answer.component] = _again(known[answer.component], digest, answer)
            else:
                decided = hooks.decide(policies[answer.component], objects[answer.component])
                for part in decided.parts.values():
                    check.refuse_secrets(answer.component, part)
                    check.refuse_dropped(answer.component, part)
                entries[answer.component], files = split.split(digest, answer, decided)
                texts |= {unit_name(answer.component, part): named for part, named in files.items()}
    return entries, texts


def _policies(inputs: select.Inputs, work: list[select.Component]) -> dict[str, hooks.Policy]:
    """What the components declare about hooks of Helm."""
    known = environments.names(inputs.layout)
    # Refuses a name that is no component.
    by_hand = environments.cluster(inputs.layout, inputs.environment).bootstrap
    return {item.name: hooks.read(item.folder, inputs.environment, known, item.name in by_hand) for item in work}


def _answers(
    inputs: select.Inputs,
    layout: Layout,
    work: list[select.Component],
    states: str,
    archives: dict[str, dict[str, str]],
    known: dict[str, LockedComponent],
    policies: dict[str, hooks.Policy],
    home: Path,
) -> list[Answer]:
    request = Request(
        root=str(layout.root),
        programs=inputs.programs,
        states=states,
        components=[
            Wanted(
                item.name,
                _relative(layout, item.kustomization),
                archives.get(item.name, {}),
                hooks=policies[item.name].text,
            )
            for item in work
        ],
        known={item.name: known[item.name].resolved for item in work if item.name in known},
    )
    answers = renderer.render(request, home)
    fallbacks = [answer for answer in answers if answer.kind == "fallback"]
    if fallbacks:
        rendered = _by_helmfile(inputs.environment, work, fallbacks, home)
        again = [
            msgspec.structs.replace(item, rendered=rendered[item.name])
            for item in request.components
            if item.name in rendered
        ]
        answers = [answer for answer in answers if answer.kind != "fallback"]
        answers += renderer.render(msgspec.structs.replace(request, components=again), home)
    failed = [answer for answer in answers if answer.kind == "error"]
    if failed:
        hints = sorted({answer.hint or "fix what is named above and run it again" for answer in failed})
        raise Findings([_finding(answer) for answer in failed], f"nothing was written; {'; '.join(hints)}")
    return answers


def _by_helmfile(
    environment: str, work: list[select.Component], fallbacks: list[Answer], home: Path
) -> dict[str, dict[str, str]]:
    """Component -> release -> YAML, for what only helmfile renders exactly (hooks, patches, set)."""
    files = {component.name: component.helmfile for component in work}
    rendered: dict[str, dict[str, str]] = {}
    for answer in fallbacks:
        file = files[answer.component]
        assert file is not None
        namespace, _, name = answer.release.rpartition("/")
        selector = f"name={name},namespace={namespace}" if namespace else f"name={name}"
        stream = helmfile.template(file, environment, home, "--selector", selector)
        rendered.setdefault(answer.component, {})[answer.release] = stream
    return rendered


def _again(locked: LockedComponent, inputs: str, answer: Answer) -> LockedComponent:
    """The old entry of a component whose inputs changed, but not what they resolve to."""
    return msgspec.structs.replace(locked, inputs=inputs, charts=answer.charts, depends_on=answer.depends_on)


def _finding(answer: Answer) -> str:
    name = answer.release.rpartition("/")[2]
    release = f" (release {name})" if name not in ("", answer.component) else ""
    message = " ".join(line.strip() for line in answer.message.splitlines())
    shown = f"components/{answer.component}"
    return message if message.startswith(f"{shown}/") else f"{shown}{release}: {message}"


def _relative(layout: Layout, path: Path | None) -> str:
    return layout.relative(path) if path else ""

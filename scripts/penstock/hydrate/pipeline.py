"""One environment, from its sources to the files of its tree."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import sha256
from penstock.core.layout import Layout
from penstock.gitops import objects as flux
from penstock.hydrate import check, environments, lock, order, resolve, select, split
from penstock.hydrate.lock import Lock, LockedComponent
from penstock.tools import helmfile
from penstock.tools import render as renderer
from penstock.tools.flux import NAMESPACE
from penstock.tools.render import Answer, Request, Wanted


@dataclass(frozen=True)
class Tree:
    """What an environment's tree shall hold. `files` maps paths to bytes, or to None where the old file stays."""

    environment: str
    files: dict[str, bytes | None]
    lock: Lock
    rendered: list[str]


def hydrate(layout: Layout, environment: str, wanted: list[str], everything: bool) -> Tree:
    """Compute an environment's tree; writes nothing.

    `wanted` limits the run to some components; `everything` renders also what the lock calls unchanged, and doesn't
    trust the lock in anything.
    """
    environments.read(layout, environment)
    found = select.components(layout, environment)
    old = lock.EMPTY if everything else lock.read(layout.tree(environment), f"manifests/{environment}")
    inputs = select.Inputs(layout, environment)
    asked = select.only(found, wanted)
    work = _damaged_or_stale(layout, environment, inputs, asked, old)
    if wanted:
        others = {component.name for component in found} - {component.name for component in asked}
        _refuse_unknown(others - set(old.components), environment)
    components, texts = _render(layout, environment, inputs, work, old)
    for component in found:
        if component.name not in components and component.name in old.components:
            components[component.name] = old.components[component.name]
    components = {name: components[name] for name in sorted(components)}
    check.check(components)
    return _tree(environment, components, texts, [component.name for component in work])


def _damaged_or_stale(
    layout: Layout, environment: str, inputs: select.Inputs, asked: list[select.Component], old: Lock
) -> list[select.Component]:
    stale = {component.name for component in select.stale(inputs, asked, old)}
    tree = layout.tree(environment)
    return [item for item in asked if item.name in stale or not _whole(tree / item.name, old.components[item.name])]


def _whole(folder: Path, locked: LockedComponent) -> bool:
    try:
        return all(sha256((folder / name).read_bytes()) == file.sha256 for name, file in locked.files.items())
    except OSError:
        return False


def _refuse_unknown(names: set[str], environment: str) -> None:
    if names:
        raise PenstockError(
            f"-c was given, but {', '.join(sorted(names))} was never hydrated for {environment}",
            f"run `inv hydrate -e {environment}` without -c once",
        )


def _render(
    layout: Layout, environment: str, inputs: select.Inputs, work: list[select.Component], old: Lock
) -> tuple[dict[str, LockedComponent], dict[str, dict[str, bytes]]]:
    """The lock's entries of the rendered components, and their files where they changed."""
    if not work:
        return {}, {}
    resolve.refuse_unhermetic(layout, work)
    with tempfile.TemporaryDirectory(prefix="penstock-home-") as folder:
        home = Path(folder)
        states = resolve.resolve(layout, environment, work, home)
        answers = _answers(layout, environment, work, states, old, home)
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
                entries[answer.component] = _again(old.components[answer.component], digest, answer)
            else:
                check.refuse_secrets(answer.component, objects[answer.component])
                entry, files = split.split(digest, answer, objects[answer.component])
                entries[answer.component], texts[answer.component] = entry, files
    return entries, texts


def _answers(
    layout: Layout, environment: str, work: list[select.Component], states: str, old: Lock, home: Path
) -> list[Answer]:
    request = Request(
        root=str(layout.root),
        programs=select.Inputs(layout, environment).programs,
        states=states,
        components=[Wanted(item.name, _relative(layout, item.kustomization)) for item in work],
        known=_known(layout, environment, work, old),
    )
    answers = renderer.render(request, home)
    fallbacks = [answer for answer in answers if answer.kind == "fallback"]
    if fallbacks:
        rendered = _by_helmfile(environment, work, fallbacks, home)
        again = [
            Wanted(item.name, item.kustomization, rendered.get(item.name, {}))
            for item in request.components
            if item.name in rendered
        ]
        answers = [answer for answer in answers if answer.kind != "fallback"]
        answers += renderer.render(msgspec.structs.replace(request, components=again), home)
    findings = [_finding(answer) for answer in answers if answer.kind == "error"]
    if findings:
        raise Findings(findings, "nothing was written; mend what is named above and run it again")
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
        stream = helmfile.template(file, environment, home, "--selector", f"name={answer.release}")
        rendered.setdefault(answer.component, {})[answer.release] = stream
    return rendered


def _known(layout: Layout, environment: str, work: list[select.Component], old: Lock) -> dict[str, str]:
    tree = layout.tree(environment)
    return {
        item.name: old.components[item.name].resolved
        for item in work
        if item.name in old.components and _whole(tree / item.name, old.components[item.name])
    }


def _again(locked: LockedComponent, inputs: str, answer: Answer) -> LockedComponent:
    """The old entry of a component whose inputs changed, but not what they resolve to."""
    return LockedComponent(
        inputs=inputs,
        resolved=locked.resolved,
        charts=answer.charts,
        releases=answer.releases,
        needs=answer.needs,
        provides=locked.provides,
        files=locked.files,
    )


def _finding(answer: Answer) -> str:
    release = f" (release {answer.release})" if answer.release and answer.release != answer.component else ""
    message = " ".join(line.strip() for line in answer.message.splitlines())
    return f"components/{answer.component}{release}: {message}"


def _tree(
    environment: str, components: dict[str, LockedComponent], texts: dict[str, dict[str, bytes]], rendered: list[str]
) -> Tree:
    files: dict[str, bytes | None] = {}
    derived: dict[str, bytes] = {}
    # A component that renders nothing in this environment has no folder and no Kustomization.
    present = {name: component for name, component in components.items() if component.files}
    for name, component in present.items():
        for file in component.files:
            files[f"{name}/{file}"] = texts[name][file] if name in texts else None
        derived[f"{name}/{split.INDEX}"] = flux.index(list(component.files))
    synced = {
        f"kustomization-{name}.yaml": flux.dump(flux.component(environment, name, needed))
        for name, needed in order.order(present).items()
    }
    derived |= {f"{NAMESPACE}/{file}": data for file, data in synced.items()}
    derived[f"{NAMESPACE}/{split.INDEX}"] = flux.index(list(synced))
    files |= derived
    digests = {path: sha256(data) for path, data in derived.items()}
    return Tree(environment, files, Lock(version=lock.FORMAT, components=components, flux=digests), rendered)


def _relative(layout: Layout, path: Path | None) -> str:
    return layout.relative(path) if path else ""

"""One environment, from its sources to the files of its tree."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from penstock.core.errors import Findings, PenstockError
from penstock.core.files import sha256
from penstock.core.layout import Layout
from penstock.gitops import objects as flux
from penstock.hydrate import accounts, check, environments, lock, offline, order, resolve, select, split, typed
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import Lock, LockedComponent
from penstock.hydrate.tree import Tree, on_disk
from penstock.tools import helmfile
from penstock.tools import render as renderer
from penstock.tools.flux import NAMESPACE
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
    check.check(components)
    files, flux_digests = _files(environment, components, texts)
    # What is on disk already is kept: a link costs less than a file.
    files |= {path: None for path, digest in flux_digests.items() if disk.get(path) == digest}
    written = Lock(version=lock.FORMAT, components=components, flux=flux_digests)
    return Tree(environment, files, written, [component.name for component in work], disk)


def _whole(disk: dict[str, str], name: str, locked: LockedComponent) -> bool:
    return all(disk.get(f"{name}/{file}") == noted.sha256 for file, noted in locked.files.items())


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
    typed.refuse_untyped(inputs.layout, inputs.environment)
    environments.cluster(inputs.layout, inputs.environment)  # refuses a name that is no component
    resolve.refuse_unhermetic(inputs.layout, work)
    with tempfile.TemporaryDirectory(prefix="penstock-home-") as folder:
        home = Path(folder).resolve()
        work, archives = offline.prepare(charts, inputs.environment, work, home)
        states = resolve.resolve(inputs.layout, inputs.environment, work, home)
        answers = _answers(inputs, work, states, archives, known, home)
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
                check.refuse_secrets(answer.component, objects[answer.component])
                check.refuse_hooks(answer.component, objects[answer.component])
                entry, files = split.split(digest, answer, objects[answer.component])
                entries[answer.component], texts[answer.component] = entry, files
    return entries, texts


def _answers(
    inputs: select.Inputs,
    work: list[select.Component],
    states: str,
    archives: dict[str, dict[str, str]],
    known: dict[str, LockedComponent],
    home: Path,
) -> list[Answer]:
    request = Request(
        root=str(inputs.layout.root),
        programs=inputs.programs,
        states=states,
        components=[
            Wanted(item.name, _relative(inputs.layout, item.kustomization), archives.get(item.name, {}))
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
    return LockedComponent(
        inputs=inputs,
        resolved=locked.resolved,
        charts=answer.charts,
        depends_on=answer.depends_on,
        provides=locked.provides,
        files=locked.files,
    )


def _finding(answer: Answer) -> str:
    name = answer.release.rpartition("/")[2]
    release = f" (release {name})" if name not in ("", answer.component) else ""
    message = " ".join(line.strip() for line in answer.message.splitlines())
    shown = f"components/{answer.component}"
    return message if message.startswith(f"{shown}/") else f"{shown}{release}: {message}"


def _files(
    environment: str, components: dict[str, LockedComponent], texts: dict[str, dict[str, bytes]]
) -> tuple[dict[str, bytes | None], dict[str, str]]:
    """The tree's files, and the digests of those that no component renders: Flux', kustomize's, the accounts'."""
    files: dict[str, bytes | None] = {}
    derived: dict[str, bytes] = {}
    # A component that renders nothing in this environment has no folder and no Kustomization.
    present = {name: component for name, component in components.items() if component.files}
    rights = accounts.accounts(present)
    for name, component in present.items():
        for file in component.files:
            files[f"{name}/{file}"] = texts[name][file] if name in texts else None
        own = rights.files.get(name, {})
        derived |= {f"{name}/{file}": data for file, data in own.items()}
        derived[f"{name}/{split.INDEX}"] = flux.index([*component.files, *own])
    synced = rights.synced | {
        f"kustomization-{name}.yaml": flux.component_file(
            environment, name, needed, rights.of.get(name, ""), waits=not order.is_relay(present[name])
        )
        for name, needed in order.order(present).items()
    }
    derived |= {f"{NAMESPACE}/{file}": data for file, data in synced.items()}
    derived[f"{NAMESPACE}/{split.INDEX}"] = flux.index(list(synced))
    files |= derived
    return files, {path: sha256(data) for path, data in derived.items()}


def _relative(layout: Layout, path: Path | None) -> str:
    return layout.relative(path) if path else ""

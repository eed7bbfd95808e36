"""Names that are nearly one that the engine, helmfile, Helm or Kustomize looks for.

A file that no program looks for is ignored in silence, so a misspelt one would be left out of the manifests.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from penstock.core.errors import Findings
from penstock.core.files import walk
from penstock.core.layout import SCHEMA_NAME, Layout
from penstock.core.leftovers import is_leftover
from penstock.core.nearest import nearest
from penstock.hydrate.index import Index

HELMFILES = ("helmfile.yaml.gotmpl", "helmfile.yaml")
# What kustomize itself looks for: one of them.
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# A folder ends in a slash.
_ROOT = ("helmfile.yaml", "charts.lock", "connections.yaml", "dataflow.yaml", "external.yaml")
_COMPONENT = (*HELMFILES, "secrets.yaml", "hooks.yaml", "kustomize/")
_CHART = ("Chart.yaml", "values.yaml", "values.schema.json", "templates/", "crds/")
_TEXTS = (".yaml", ".yml", ".json", ".gotmpl", ".tpl", ".tmpl", ".txt", "Kustomization")
_ROOT_ENDINGS = (".yaml", ".yml", ".json", ".gotmpl", ".lock")
_VALUES = "values.yaml.gotmpl"
# A word of a helmfile that may be a path, its actions included; those that only choose are no part of it.
_WORD = re.compile(r"(?:\{\{.*?\}\}|[^\s\"'\[\]{},])+")
_CHOICE = re.compile(r"\{\{-?\s*(?:if|else|end|with|range|/\*).*?\}\}")
_NO_WORD = re.compile(r"\s*(?:\{\{.*?\}\}\s*)*(?:#.*)?")
_ENDINGS = re.compile(r"(\.(ya?ml|json|gotmpl|tmpl|tpl))+$")
_NEAR = 0.86
# So many tell that a part of a name is meant.
_LETTERS = 4


def refuse_misnamed(layout: Layout, environments: list[str], index: Index | None = None) -> None:
    """Raise Findings for what would be ignored; with the index, only for what a commit holds of it."""
    findings = list(misnamed(layout, environments, index))
    if findings:
        raise Findings(findings, "rename it, or delete it: what no program reads is no part of the manifests")


def misnamed(layout: Layout, environments: list[str], index: Index | None) -> Iterator[str]:
    """A line for every file and folder that would be ignored, or is there twice."""
    for line in _like(layout, layout.root, _ROOT, index):
        if line.partition(" ")[0].endswith(_ROOT_ENDINGS):
            yield line
    yield from _in_environments(layout, environments, index)
    for name in _names(layout.components, index):
        if name.endswith(_TEXTS) and not name.startswith("."):
            path = layout.components / name
            yield f"{layout.relative(path)} is not read: a component is a folder of {layout.components.name}/"
    for folder in _folders(layout.components, index):
        yield from _in_component(layout, folder, environments, index)
    for folder in _folders(layout.charts, index):
        yield from _like(layout, folder, _CHART, index)


def kustomization(folder: Path) -> Path | None:
    """The file that makes a folder a kustomization."""
    return next((path for name in KUSTOMIZATIONS if (path := folder / name).is_file()), None)


def _in_environments(layout: Layout, environments: list[str], index: Index | None) -> Iterator[str]:
    folder = layout.environments
    known = (*(f"{name}.yaml" for name in environments), "base.yaml", SCHEMA_NAME, *HELMFILES)
    for name in environments:
        if any(_holds(path, index) for path in (walk(folder / name) if (folder / name).is_dir() else ())):
            yield f"{layout.relative(folder / name)} is not read: did you mean `{name}.yaml`?"
    for name in _names(folder, index):
        # What a template puts together, such as `{{ .Environment.Name }}-more.yaml`, has the environment in its name.
        if name in known or not name.endswith(_TEXTS) or _is_named(folder, name):
            continue
        meant = _meant(name, known, exactly=True) or _environment_meant(name, environments)
        if meant:
            yield f"{layout.relative(folder / name)} is not read: did you mean `{meant}`?"
        elif not any(each in name for each in environments):
            shown = layout.relative(folder / name)
            stem = _ENDINGS.sub("", name)
            yield f"{shown} is not read: {layout.helmfile.name} lists no environment `{stem}`"


def _environment_meant(name: str, environments: list[str]) -> str | None:
    """The file of the environment that this one was meant for."""
    meant = nearest(_ENDINGS.sub("", name), environments)
    return f"{meant}.yaml" if meant else None


def _in_component(layout: Layout, folder: Path, environments: list[str], index: Index | None) -> Iterator[str]:
    yield from _like(layout, folder, _COMPONENT, index)
    present = [name for name in HELMFILES if name in _names(folder, index)]
    if len(present) > 1:
        yield f"{layout.relative(folder)} has both {' and '.join(present)}: keep one of them"
    for name in KUSTOMIZATIONS:
        if name in _names(folder, index):
            shown = layout.relative(folder / name)
            yield f"{shown} is not read: it belongs into kustomize/overlays/<environment>/"
    if present:
        yield from _unread_values(layout, folder, present[0], index)
    yield from _in_kustomize(layout, folder, environments, index)


def _in_kustomize(layout: Layout, folder: Path, environments: list[str], index: Index | None) -> Iterator[str]:
    place = folder / "kustomize"
    for each in _folders(folder, index):
        if each != place and not _meant(f"{each.name}/", _COMPONENT) and not _is_named(folder, f"{each.name}/"):
            found = [path for path in walk(each) if path.name in KUSTOMIZATIONS and _holds(path, index)]
            yield from (f"{layout.relative(path)} is not read: did you mean `{place.name}/`?" for path in found[:1])
    if not _holds(place, index):
        return
    yield from _like(layout, place, ("overlays/",), index)
    if not (place / "overlays").is_dir():
        if any(_holds(path, index) for path in walk(place)):
            yield f"{layout.relative(place)} is not read: it has no overlays/<environment>/"
        return
    for each in _folders(place, index):
        named = each.name not in environments or _is_named(place, f"../{each.name}/", each)
        if kustomization(each) and not named:
            yield f"{layout.relative(each)} is not read: did you mean `overlays/{each.name}/`?"
    for overlay in _folders(place / "overlays", index):
        yield from _in_overlay(layout, overlay, environments, index)


def _unread_values(layout: Layout, folder: Path, helmfile: str, index: Index | None) -> Iterator[str]:
    """A line for each values file that no text of the component names."""
    if (folder / "Chart.yaml").exists():  # which brings a values.yaml of its own
        return
    endings = (".yaml", ".yml", ".gotmpl")
    names = [name for name in _names(folder, index) if name.endswith(endings)]
    names = [name for name in names if name.startswith("values") or _meant(name, (_VALUES,))]
    texts = {path: _words(path) for path in walk(folder) if path.name.endswith(_TEXTS) and path.is_file()}
    for name in names:
        if name == helmfile or _meant(name, _COMPONENT) or name in _COMPONENT:
            continue
        if not any(_names_file(path, words, name) for path, words in texts.items() if path.name != name):
            named = [word for word in _words(folder / helmfile) if word.endswith(endings) and "{{" not in word]
            meant = nearest(name, [word for word in named if not (folder / word).exists()])
            why = f"did you mean `{meant}`?" if meant else f"{helmfile} doesn't name it"
            yield f"{layout.relative(folder / name)} is not read: {why}"


def _names_file(path: Path, words: list[str], name: str) -> bool:
    """Whether a text of these words names a file of its folder; in a helmfile, an action or a `*` may be part of it."""
    if any(word == name or word.endswith(f"/{name}") for word in words):
        return True
    for word in words if path.name in HELMFILES else []:
        if "{{" not in word and "*" not in word:
            continue
        parts = re.split(r"\{\{.*?\}\}|\*+", re.split(r"/(?![^{]*\}\})", word)[-1])
        if re.fullmatch(".*".join(map(re.escape, parts)), name):
            return True
        if _CHOICE.search(word) and any(len(part) >= _LETTERS and name.startswith(part) for part in parts):
            return True
    return False


def _words(path: Path) -> list[str]:
    lines = (line for line in path.read_text(errors="replace").splitlines() if not _NO_WORD.fullmatch(line))
    return [word for line in lines for word in _WORD.findall(line)]


def _in_overlay(layout: Layout, overlay: Path, environments: list[str], index: Index | None) -> Iterator[str]:
    shown = layout.relative(overlay)
    if not any(walk(overlay)):
        return
    present = [name for name in KUSTOMIZATIONS if name in _names(overlay, index)]
    if overlay.name not in environments:
        # Overlays may share one that lies next to them.
        if not _is_named(overlay.parent, f"../{overlay.name}"):
            meant = nearest(overlay.name, environments)
            hint = f"did you mean `{meant}`?" if meant else f"it lists {', '.join(environments)}"
            yield f"{shown} is not read: {layout.helmfile.name} lists no environment `{overlay.name}`; {hint}"
    elif not present:
        near = [name for name in _names(overlay, index) if _meant(name, KUSTOMIZATIONS)]
        for name in near:
            yield f"{shown}/{name} is not read: did you mean `{KUSTOMIZATIONS[0]}`?"
        if not near and not _is_named(overlay.parent, f"../{overlay.name}"):
            yield f"{shown} is not read: it has no {KUSTOMIZATIONS[0]}"
    elif len(present) > 1:
        yield f"{shown} has {' and '.join(present)}: kustomize takes one of them"


def _like(
    layout: Layout, folder: Path, known: tuple[str, ...], index: Index | None, exactly: bool = False
) -> Iterator[str]:
    """A line for every name in a folder that is nearly a known one, unless another file there names it."""
    for name in _names(folder, index):
        meant = _meant(name, known, exactly)
        if meant and not (folder != layout.root and _is_named(folder, name)):
            yield f"{layout.relative(folder / name)} is not read: did you mean `{meant}`?"


@cache
def _meant(name: str, known: tuple[str, ...], exactly: bool = False) -> str | None:
    """The known name that this one was meant to be, unless it is one; `exactly` but for its ending, case and number."""
    if name in known:
        return None
    stems = {_stem(each): each for each in reversed(known) if each.endswith("/") == name.endswith("/")}
    stem = _stem(name)
    near = [stem] if stem in stems else []
    if not near and not exactly:
        near = difflib.get_close_matches(stem, stems, n=1, cutoff=_NEAR)
    return stems[near[0]] if near else None


def _stem(name: str) -> str:
    plain = re.sub(r"[-_ /]", "", _ENDINGS.sub("", name.lower()))
    return plain.replace("isation", "ization").removesuffix("s")


def _is_named(folder: Path, name: str, but: Path | None = None) -> bool:
    """Whether another file below a folder has this name in its text; of a folder, as a part of a path."""
    plain = re.escape(name.rstrip("/"))
    pattern = re.compile(rf"(?<![\w-]){plain}(?![\w-])")
    if name.endswith("/") and not name.startswith("."):
        pattern = re.compile(rf"(?<![\w-]){plain}/|/{plain}(?![\w-])")
    texts = (
        path
        for path in walk(folder)
        if path.name != name and path.name.endswith(_TEXTS) and path.is_file() and (not but or but not in path.parents)
    )
    return any(pattern.search(path.read_text(errors="replace")) for path in texts)


def _holds(path: Path, index: Index | None) -> bool:
    return path.exists() and (index is None or index.holds(path))


def _names(folder: Path, index: Index | None) -> list[str]:
    """What lies in a folder but leftovers, with the index what a commit holds of it; a folder ends in a slash."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        found = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
    return [name for name in found if not is_leftover(name) and (index is None or index.holds(folder / name))]


def _folders(folder: Path, index: Index | None) -> list[Path]:
    return [folder / name for name in _names(folder, index) if name.endswith("/") and not name.startswith(".")]

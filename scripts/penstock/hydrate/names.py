"""Find names that are nearly those that the engine, helmfile, Helm or Kustomize looks for.

A file with a misspelled name is silently ignored, and would be missing in the manifests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from penstock.core.errors import Findings
from penstock.core.files import walk
from penstock.core.nearest import closest, nearest
from penstock.hydrate.index import Index
from penstock.hydrate.listing import Listing
from penstock.hydrate.rules import UNREAD
from penstock.platform import lineage
from penstock.platform.layout import SCHEMA_NAME, Layout

HELMFILES = ("helmfile.yaml.gotmpl", "helmfile.yaml")
# kustomize reads exactly one of these.
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# Names of folders end in a slash.
_ROOT = ("helmfile.yaml", "charts.lock", "connections.yaml", "dataflow.yaml", "external.yaml")
_COMPONENT = (*HELMFILES, "secrets.yaml", "hooks.yaml", "kustomize/")
_CHART = ("Chart.yaml", "values.yaml", "values.schema.json", "templates/", "crds/")
_TEXTS = (".yaml", ".yml", ".json", ".gotmpl", ".tpl", ".tmpl", ".txt", "Kustomization")
_ROOT_ENDINGS = (".yaml", ".yml", ".json", ".gotmpl", ".lock")
_VALUES = "values.yaml.gotmpl"
_CHOICE = re.compile(r"\{\{-?\s*(?:if|else|end|with|range|/\*).*?\}\}")
_ENDINGS = re.compile(r"(\.(ya?ml|json|gotmpl|tmpl|tpl))+$")
_NEAR = 0.86
# Minimum letters of a matching part of a name.
_LETTERS = 4


def refuse_misnamed(layout: Layout, environments: list[str], index: Index | None = None) -> None:
    """Raise Findings for names that would be ignored; with an index, only for those in the commit."""
    findings = list(misnamed(layout, environments, index))
    if findings:
        raise Findings(findings, "rename it, or delete it: what no program reads is no part of the manifests", UNREAD)


def misnamed(layout: Layout, environments: list[str], index: Index | None) -> Iterator[str]:
    """Yield a line for every file and folder that would be ignored or exists twice."""
    listing = Listing(layout, index)
    extended = lineage.extended(layout, environments)
    for line in _like(listing, layout.root, _ROOT):
        if line.partition(" ")[0].endswith(_ROOT_ENDINGS):
            yield line
    yield from _in_environments(listing, environments, extended)
    for name in listing.names(layout.components):
        if name.endswith(_TEXTS) and not name.startswith("."):
            path = layout.components / name
            yield f"{layout.relative(path)} is not read: a component is a folder of {layout.components.name}/"
    for folder in listing.folders(layout.components):
        yield from _in_component(listing, folder, [*environments, *extended])
    for folder in listing.folders(layout.charts):
        yield from _like(listing, folder, _CHART)


def kustomization(folder: Path) -> Path | None:
    """Return the file that makes a folder a kustomization; None if there is none."""
    return next((path for name in KUSTOMIZATIONS if (path := folder / name).is_file()), None)


def _in_environments(listing: Listing, listed: list[str], extended: list[str]) -> Iterator[str]:
    folder, environments = listing.layout.environments, [*listed, *extended]
    possible = {path: name for path, name in lineage.files(listing.layout).items() if listing.holds(path)}
    for name in listed:
        inside = [path for path in (walk(folder / name) if (folder / name).is_dir() else ()) if listing.holds(path)]
        if inside and not any(possible.get(path) in environments for path in inside):
            yield f"{listing.shown(folder / name)} is not read: did you mean `{name}.yaml`?"
    for name in extended:
        own = lineage.file(listing.layout, name)
        if own and not own.abstract:
            yield f"{listing.shown(own.path)} is neither abstract nor listed in {listing.layout.helmfile.name}"
    for path, name in possible.items():
        if name not in environments and lineage.is_environment(path):
            yield _unlisted(listing, path, name)
    yield from _among_environments(listing, environments)


def _among_environments(listing: Listing, environments: list[str]) -> Iterator[str]:
    """Yield a line for each file directly in environments/ that is none of an environment, and that nothing names."""
    folder = listing.layout.environments
    known = (*(f"{name}.yaml" for name in environments), "base.yaml", SCHEMA_NAME, *HELMFILES)
    for name in listing.names(folder):
        # A name computed by a template, such as `{{ .Environment.Name }}-more.yaml`, contains an environment.
        if name in known or not name.endswith(_TEXTS) or _is_named(folder, name):
            continue
        if lineage.is_environment(folder / name):  # as above
            continue
        meant = _meant(name, known, exactly=True) or _environment_meant(name, environments)
        if meant:
            yield f"{listing.shown(folder / name)} is not read: did you mean `{meant}`?"
        elif not any(each in name for each in environments):
            shown = listing.shown(folder / name)
            stem = _ENDINGS.sub("", name)
            yield f"{shown} is not read: {listing.layout.helmfile.name} lists no environment `{stem}`"


def _unlisted(listing: Listing, path: Path, name: str) -> str:
    shown, helmfile = listing.shown(path), listing.layout.helmfile.name
    return f"{shown} is not read: {helmfile} lists no environment `{name}`, and none extends it"


def _environment_meant(name: str, environments: list[str]) -> str | None:
    """Return the environment's file that a misspelled name was meant to be."""
    meant = nearest(_ENDINGS.sub("", name), environments)
    return f"{meant}.yaml" if meant else None


def _in_component(listing: Listing, folder: Path, environments: list[str]) -> Iterator[str]:
    yield from _like(listing, folder, _COMPONENT)
    present = [name for name in HELMFILES if name in listing.names(folder)]
    if len(present) > 1:
        yield f"{listing.shown(folder)} has both {' and '.join(present)}: keep one of them"
    for name in KUSTOMIZATIONS:
        if name in listing.names(folder):
            shown = listing.shown(folder / name)
            yield f"{shown} is not read: it belongs into kustomize/overlays/<environment>/"
    if present:
        yield from _unread_values(listing, folder, present[0])
    yield from _in_kustomize(listing, folder, environments)


def _in_kustomize(listing: Listing, folder: Path, environments: list[str]) -> Iterator[str]:
    place, folders = folder / "kustomize", listing.folders(folder)
    for each in folders:
        if each != place and not _meant(f"{each.name}/", _COMPONENT) and not _is_named(folder, f"{each.name}/"):
            found = [path for path in walk(each) if path.name in KUSTOMIZATIONS and listing.holds(path)]
            yield from (f"{listing.shown(path)} is not read: did you mean `{place.name}/`?" for path in found[:1])
    if place not in folders:
        return
    yield from _like(listing, place, ("overlays/",))
    if not (place / "overlays").is_dir():
        if any(listing.holds(path) for path in walk(place)):
            yield f"{listing.shown(place)} is not read: it has no overlays/<environment>/"
        return
    for each in listing.folders(place):
        named = each.name not in environments or _is_named(place, f"../{each.name}/", each)
        if kustomization(each) and not named:
            yield f"{listing.shown(each)} is not read: did you mean `overlays/{each.name}/`?"
    for overlay in listing.folders(place / "overlays"):
        yield from _in_overlay(listing, overlay, environments)


def _unread_values(listing: Listing, folder: Path, helmfile: str) -> Iterator[str]:
    """Yield a line for each values file that no text of the component names."""
    if "Chart.yaml" in listing.names(folder):  # a chart, which has its own values.yaml
        return
    endings = (".yaml", ".yml", ".gotmpl")
    names = [name for name in listing.names(folder) if name.endswith(endings)]
    names = [name for name in names if name.startswith("values") or _meant(name, (_VALUES,))]
    for name in names:
        if name == helmfile or _meant(name, _COMPONENT) or name in _COMPONENT:
            continue
        if not _is_read(listing, folder, helmfile, name):
            named = [word for word in listing.words(folder / helmfile) if word.endswith(endings) and "{{" not in word]
            meant = nearest(name, [word for word in named if not (folder / word).exists()])
            why = f"did you mean `{meant}`?" if meant else f"{helmfile} doesn't name it"
            yield f"{listing.shown(folder / name)} is not read: {why}"


def _is_read(listing: Listing, folder: Path, helmfile: str, name: str) -> bool:
    """Whether the helmfile or another text of the component names a values file."""
    if _names_file(folder / helmfile, listing.words(folder / helmfile), name):
        return True
    texts = (path for path in walk(folder) if path.name.endswith(_TEXTS) and path.is_file())
    return any(_names_file(path, listing.words(path), name) for path in texts if path.name != name)


def _names_file(path: Path, words: list[str], name: str) -> bool:
    """Whether these words name a file in the folder; words of a helmfile may contain actions or `*`."""
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


def _in_overlay(listing: Listing, overlay: Path, environments: list[str]) -> Iterator[str]:
    shown = listing.shown(overlay)
    if not any(walk(overlay)):
        return
    present = [name for name in KUSTOMIZATIONS if name in listing.names(overlay)]
    if overlay.name not in environments:
        # Overlays may share another folder next to them.
        if not _is_named(overlay.parent, f"../{overlay.name}"):
            meant = nearest(overlay.name, environments)
            hint = f"did you mean `{meant}`?" if meant else f"it lists {', '.join(environments)}"
            yield f"{shown} is not read: {listing.layout.helmfile.name} lists no environment `{overlay.name}`; {hint}"
    elif not present:
        near = [name for name in listing.names(overlay) if _meant(name, KUSTOMIZATIONS)]
        for name in near:
            yield f"{shown}/{name} is not read: did you mean `{KUSTOMIZATIONS[0]}`?"
        if not near and not _is_named(overlay.parent, f"../{overlay.name}"):
            yield f"{shown} is not read: it has no {KUSTOMIZATIONS[0]}"
    elif len(present) > 1:
        yield f"{shown} has {' and '.join(present)}: kustomize takes one of them"


def _like(listing: Listing, folder: Path, known: tuple[str, ...], exactly: bool = False) -> Iterator[str]:
    """Yield a line for every name in a folder that nearly matches a known one, unless another file names it."""
    for name in listing.names(folder):
        meant = _meant(name, known, exactly)
        if meant and not (folder != listing.layout.root and _is_named(folder, name)):
            yield f"{listing.shown(folder / name)} is not read: did you mean `{meant}`?"


@cache
def _meant(name: str, known: tuple[str, ...], exactly: bool = False) -> str | None:
    """Return the known name that another nearly matches; `exactly` allows only another ending, case or plural."""
    if name in known:
        return None
    stems = {_stem(each): each for each in reversed(known) if each.endswith("/") == name.endswith("/")}
    stem = _stem(name)
    near = stem if stem in stems else None if exactly else closest(stem, stems, _NEAR)
    return stems[near] if near else None


def _stem(name: str) -> str:
    plain = re.sub(r"[-_ /]", "", _ENDINGS.sub("", name.lower()))
    return plain.replace("isation", "ization").removesuffix("s")


def _is_named(folder: Path, name: str, skip: Path | None = None) -> bool:
    """Whether another file below a folder contains this name; that of a folder only as part of a path."""
    plain = re.escape(name.rstrip("/"))
    pattern = re.compile(rf"(?<![\w-]){plain}(?![\w-])")
    if name.endswith("/") and not name.startswith("."):
        pattern = re.compile(rf"(?<![\w-]){plain}/|/{plain}(?![\w-])")
    texts = (
        path
        for path in walk(folder)
        if path.name != name and path.name.endswith(_TEXTS) and path.is_file() and skip not in path.parents
    )
    return any(pattern.search(path.read_text(errors="replace")) for path in texts)

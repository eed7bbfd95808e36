"""A platform whose components are the pairs of tests/rehearsal/pairs, committed at the base and then at the head.

`base.yaml` has the objects of the component that is named as the pair; those in `base.NAME.yaml` are of PAIR-NAME.
`depends.yaml` maps base and head to the components' dependsOn. Flux retries after two seconds instead of twenty.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from penstock.core import yaml
from penstock.gitops import objects
from support import Platform

PAIRS = Path(__file__).parent / "rehearsal" / "pairs"
NAMES = sorted(path.name for path in PAIRS.iterdir())
PATIENCE = 15.0


def platform(folder: Path, names: Iterable[str]) -> Platform:
    """The platform in a new folder: its last commit is the base, and its files are those of the head."""
    platform = Platform(folder)
    folder.mkdir()
    platform.git("init", "--quiet", "--initial-branch=main")
    platform.write("helmfile.yaml", "environments:\n  local: {}\nhelmfiles: []\n")
    platform.write("environments/local.yaml", "cluster: {name: tiny}\nkubernetes: {version: 1.36.2}\n")
    platform.write("components/README.md", "Only manifests/ counts here.\n")
    write(platform, names, "base")
    platform.commit("Base")
    write(platform, names, "head")
    return platform


def write(platform: Platform, names: Iterable[str], end: str) -> None:
    """Write manifests/ of an end, with nothing else in it."""
    shutil.rmtree(platform.root / "manifests", ignore_errors=True)
    kustomizations = []
    for pair in names:
        depends = yaml.parse((PAIRS / pair / "depends.yaml").read_bytes()) if _has_depends(pair) else {}
        for path in sorted((PAIRS / pair).glob(f"{end}*.yaml")):
            suffix = path.name.split(".")[1]
            component = pair if suffix == "yaml" else f"{pair}-{suffix}"
            needed = [f"{pair}-{name}" for name in (depends.get(end) or {}).get(suffix, [])]
            _write(platform.tree / component, path)
            text = objects.component_file("manifests/local", component, needed).replace(b"20s", b"2s")
            kustomizations.append((f"kustomization-{component}.yaml", text))
    for name, text in kustomizations:
        platform.write(f"manifests/local/flux-system/{name}", text.decode())
    index = objects.index([name for name, _ in kustomizations])
    platform.write("manifests/local/flux-system/kustomization.yaml", index.decode())


def _has_depends(pair: str) -> bool:
    return (PAIRS / pair / "depends.yaml").is_file()


def _write(folder: Path, source: Path) -> None:
    folder.mkdir(parents=True)
    names = []
    for item in yaml.parse_all(source.read_bytes(), source):
        names.append(f"{item['kind'].lower()}-{item['metadata']['name']}.yaml")
        (folder / names[-1]).write_text(yaml.dump(item))
    (folder / objects.INDEX).write_bytes(objects.index(names))

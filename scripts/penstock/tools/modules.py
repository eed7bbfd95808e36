"""Files of Go modules that are no program: definitions, kept in the cache and checked against a go.sum of ours."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from penstock.core.layout import ENGINE, cache_home
from penstock.core.yaml import parse_all
from penstock.kube.objects import Object
from penstock.tools import golang
from penstock.tools.pins import required_version


@dataclass(frozen=True)
class Module:
    """A folder of a Go module: `inside` is its path there, `home` the folder below tools/ whose go.mod pins it."""

    path: str
    home: str
    inside: str

    @property
    def version(self) -> str:
        """The pinned version with its leading v."""
        return required_version(self._home / "go.mod", self.path)

    @property
    def root(self) -> Path:
        """A folder that holds `inside` at its own path and nothing else of the module; fetched once, then cached."""
        folder = cache_home() / "modules" / f"{self.home}-{self.version}-{self.inside.replace('/', '-')}"
        if not folder.is_dir():
            scratch = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            shutil.copytree(golang.module_folder(self.path, self._home) / self.inside, scratch / self.inside)
            for path in (scratch, *scratch.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)  # a module's files are read-only
            scratch.rename(folder)
        return folder

    @property
    def _home(self) -> Path:
        return ENGINE / "tools" / self.home


@cache
def objects(path: Path) -> tuple[Object, ...]:
    """The objects in a file of a module; cached, since it never changes."""
    return tuple(Object("", item, file=str(path)) for item in parse_all(path.read_bytes(), path))


def ensure() -> None:
    """Fetch whichever modules of UPSTREAM and OPERATORS are not in the cache."""
    for module in (*UPSTREAM.values(), *OPERATORS.values()):
        _ = module.root


# What Flux fetches from Git, as a Go module: the same files, and go.sum knows their digest.
UPSTREAM = {
    "https://github.com/kubernetes-sigs/gateway-api": Module(
        "sigs.k8s.io/gateway-api", home="gateway-api", inside="config/crd"
    ),
}

# What operators make in a cluster when they start: the definitions of a group of kinds, in the operator's own module.
OPERATORS = {
    "cilium.io": Module("github.com/cilium/cilium", home="cilium", inside="pkg/k8s/apis/cilium.io/client/crds"),
}

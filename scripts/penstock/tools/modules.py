"""Data files of Go modules, such as CRDs, kept in the cache and verified by Penstock's go.sum files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from penstock.core.yaml import parse_all
from penstock.kube.objects import Object
from penstock.platform.layout import ENGINE, cache_home
from penstock.tools import golang
from penstock.tools.pins import required_version


@dataclass(frozen=True)
class Module:
    """A folder of a Go module: `inside` is its path there; the go.mod in tools/`home` pins the module."""

    path: str
    home: str
    inside: str

    @property
    def version(self) -> str:
        """The pinned version with its leading v."""
        return required_version(self._home / "go.mod", self.path)

    @property
    def root(self) -> Path:
        """A folder that contains only `inside` of the module, at its own path; downloaded once, then cached."""
        folder = cache_home() / "modules" / f"{self.home}-{self.version}-{self.inside.replace('/', '-')}"
        if not folder.is_dir():
            scratch = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            shutil.copytree(golang.module_folder(self.path, self._home) / self.inside, scratch / self.inside)
            for path in (scratch, *scratch.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)  # files of a module are read-only
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
    """Download the modules of UPSTREAM and OPERATORS that aren't in the cache."""
    for module in (*UPSTREAM.values(), *OPERATORS.values()):
        _ = module.root


# Go modules with the same files as Git sources of Flux; go.sum has their digests.
UPSTREAM = {
    "https://github.com/kubernetes-sigs/gateway-api": Module(
        "sigs.k8s.io/gateway-api", home="gateway-api", inside="config/crd"
    ),
}

# Modules of operators that create CRDs when they start: API group -> the CRDs.
OPERATORS = {
    "cilium.io": Module("github.com/cilium/cilium", home="cilium", inside="pkg/k8s/apis/cilium.io/client/crds"),
}

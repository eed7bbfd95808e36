"""The pinned programs, whose versions are in tools/<folder>/go.mod."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.files import walk
from penstock.platform.layout import ENGINE

_PROMETHEUS_MODULE = re.compile(r"v0\.(\d+)(\d\d)\.(\d+)")
_PROMETHEUS_VERSION = "github.com/prometheus/common/version.Version={number}"
_CILIUM_VERSION = "github.com/cilium/cilium/pkg/version.ciliumVersion={number}"
_K8S_VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


@dataclass(frozen=True)
class Program:
    """A pinned program.

    `folder`, below tools/, contains its go.mod; `package` is the Go package to build; `stamps` are the variables for
    the version in the binary; `tags` are build tags. `ask` has the arguments that print its version; a program without
    them is never taken from PATH. What they print must contain `says`.
    """

    name: str
    folder: str
    package: str
    ask: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    says: str = ""

    @property
    def home(self) -> Path:
        """The folder with the go.mod."""
        return ENGINE / "tools" / self.folder

    @property
    def version(self) -> str:
        """The pinned version with its leading v; for Penstock's own programs, a digest of the source."""
        if self.is_ours:
            return self.source_digest[:12]
        version = required_version(self.home / "go.mod", self.package)
        # Prometheus numbers its Go module differently from its releases: v0.316.0 is release 3.16.0.
        module = _PROMETHEUS_MODULE.fullmatch(version) if self.folder == "prometheus" else None
        return f"v{module[1]}.{int(module[2])}.{module[3]}" if module else version

    @property
    def is_ours(self) -> bool:
        """Whether the source is in this repository."""
        return self.package == "."

    @property
    def source_digest(self) -> str:
        """SHA-256 of all inputs of a build in this repository: go.mod, go.sum, Go files and the files they embed."""
        digest = hashlib.sha256(" ".join((self.package, *self.stamps, *self.tags)).encode())
        for path in walk(self.home):
            if path.suffix in {".mod", ".sum", ".go", ".json"} and not path.name.endswith("_test.go"):
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    @property
    def ldflags(self) -> str:
        """The linker's flags."""
        values = {
            "version": self.version,
            "number": self.version.lstrip("v"),
            "major": self.version.split(".")[0].lstrip("v"),
            "minor": [*self.version.split("."), ""][1],
        }
        return " ".join(["-s -w", *(f"-X {stamp.format(**values)}" for stamp in self.stamps)])


def required_version(go_mod: Path, package: str) -> str:
    """Return the version of the package's module in a go.mod; raises PenstockError if it isn't required there."""
    try:
        text = go_mod.read_text()
    except FileNotFoundError:
        raise PenstockError(f"{go_mod}: not there", "is the checkout complete? `git status` tells") from None
    found = re.findall(r"^(?:require)?\s+(\S+) (v\S+)", text, re.MULTILINE)
    fitting = [pin for pin in found if package == pin[0] or package.startswith(pin[0] + "/")]
    if not fitting:
        raise PenstockError(f"{go_mod}: requires no module with the package {package}", "add the `require` line")
    version: str = max(fitting, key=lambda pin: len(pin[0]))[1]
    return version


def _kubernetes(name: str, *ask: str) -> Program:
    # Without gitMinor, kube-apiserver panics in pod security admission.
    stamps = [
        f"{package}.git{part}"
        for package in _K8S_VERSION_PACKAGES
        for part in ("Version={version}", "Major={major}", "Minor={minor}")
    ]
    return Program(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", ask, tuple(stamps))


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "actionlint",
            "actionlint",
            "github.com/rhysd/actionlint/cmd/actionlint",
            ("-version",),
            ("github.com/rhysd/actionlint.version={version}",),
        ),
        Program(
            "amtool",
            "alertmanager",
            "github.com/prometheus/alertmanager/cmd/amtool",
            ("--version",),
            (_PROMETHEUS_VERSION,),
        ),
        Program("apicheck", "apicheck", "."),
        Program(
            "cilium-agent",
            "cilium",
            "github.com/cilium/cilium/daemon",
            ("--version",),
            (_CILIUM_VERSION,),
        ),
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", ("--version",)),
        Program(
            "helm",
            "helm",
            "helm.sh/helm/v4/cmd/helm",
            ("version", "--short"),
            ("helm.sh/helm/v4/internal/version.version={version}",),
        ),
        Program(
            "helmfile",
            "helmfile",
            "github.com/helmfile/helmfile",
            ("--version",),
            ("go.szostok.io/version.version={version}",),
        ),
        Program(
            "hubble-relay",
            "cilium",
            "github.com/cilium/cilium/hubble-relay",
            ("version",),
            (_CILIUM_VERSION,),
        ),
        Program("kind", "kind", "sigs.k8s.io/kind", ("version",)),
        _kubernetes("kube-apiserver", "--version"),
        _kubernetes("kube-controller-manager", "--version"),
        _kubernetes("kube-scheduler", "--version"),
        _kubernetes("kubectl", "version", "--client"),
        Program(
            "kubeconform",
            "kubeconform",
            "github.com/yannh/kubeconform/cmd/kubeconform",
            ("-v",),
            ("main.version={version}",),
        ),
        Program(
            "kustomize",
            "kustomize",
            "sigs.k8s.io/kustomize/kustomize/v5",
            ("version",),
            ("sigs.k8s.io/kustomize/api/provenance.version={version}",),
        ),
        Program("kustomize-controller", "kustomize-controller", "github.com/fluxcd/kustomize-controller"),
        Program(
            "kwok",
            "kwok",
            "sigs.k8s.io/kwok/cmd/kwok",
            ("--version",),
            ("sigs.k8s.io/kwok/pkg/consts.Version={version}",),
        ),
        Program(
            "kwokctl",
            "kwok",
            "sigs.k8s.io/kwok/cmd/kwokctl",
            ("--version",),
            ("sigs.k8s.io/kwok/pkg/consts.Version={version}",),
            # Aqua's package of this name has the program kwok in it.
            says="kwokctl version",
        ),
        Program("otelcol", "otelcol", "."),
        Program(
            "promtool",
            "prometheus",
            "github.com/prometheus/prometheus/cmd/promtool",
            ("--version",),
            (_PROMETHEUS_VERSION,),
        ),
        Program("render", "render", "."),
        Program("resolve", "resolve", "."),
        Program("source-controller", "source-controller", "github.com/fluxcd/source-controller"),
        Program(
            "thanos",
            "thanos",
            "github.com/thanos-io/thanos/cmd/thanos",
            ("--version",),
            (_PROMETHEUS_VERSION,),
            # Labels are slices in Thanos: with Prometheus's default of strings, the store and the sidecar panic.
            ("netgo", "slicelabels"),
        ),
    )
}

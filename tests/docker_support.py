"""docker, k3d and flux as executables on PATH that behave as the real ones do, at their worst too."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

_FAKES = Path(__file__).resolve().parent / "cluster" / "providers" / "fakes"


def fakes(folder: Path, *programs: str) -> dict[str, str]:
    """The environment in which these programs are fakes, docker, k3d and flux by default; they note what was asked."""
    for program in programs or ("docker", "k3d", "flux"):
        path = folder / "bin" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        argv = shlex.join([sys.executable, str(_FAKES / f"fake_{program}.py")])
        path.write_text(f'#!/bin/sh\nexec {argv} "$@"\n')
        path.chmod(0o755)
    (folder / "calls").touch()
    return {"FAKES": str(folder), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "DOCKER_HOST": ""}


def asked(folder: Path, *words: str) -> list[str]:
    """Those of the fakes' calls that begin with these words, in order."""
    start = " ".join(words)
    return [line for line in (folder / "calls").read_text().splitlines() if line.startswith(start)]

"""Adapter for helmfile, the only reader of the helmfiles."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, run
from penstock.tools.resolver import resolve


def build(helmfile: Path, environment: str, home: Path) -> str:
    """The resolved releases of a helmfile and those below it, values embedded: a YAML document for each file."""
    return _helmfile(helmfile, environment, home, ["build", "--embed-values"])


def template(helmfile: Path, environment: str, home: Path, *options: str) -> str:
    """What helmfile itself renders, as a YAML stream; `options` go to `helmfile template`."""
    return _helmfile(helmfile, environment, home, ["template", "--skip-tests", "--include-crds", *options])


@contextmanager
def selection(helmfiles: list[Path], environment: str) -> Iterator[Path]:
    """A helmfile of just these helmfiles, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        path = Path(folder) / "helmfile.yaml"
        lines = [f"environments: {{{environment}: {{}}}}", "helmfiles:", *(f"- path: {file}" for file in helmfiles)]
        path.write_text("\n".join(lines) + "\n")
        yield path


def _helmfile(helmfile: Path, environment: str, home: Path, words: list[str]) -> str:
    # helm and kustomize by absolute path; nothing of the user's environment, so that it can't change a manifest.
    bare = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PATH": str(resolve("helm").parent),
        "HELMFILE_CACHE_HOME": str(home / "cache"),
        "HELMFILE_DISABLE_INSECURE_FEATURES": "true",
        "HELMFILE_UPGRADE_NOTICE_DISABLED": "true",
    }
    argv: list[str | Path] = [
        resolve("helmfile"),
        "--file",
        helmfile,
        "--environment",
        environment,
        "--helm-binary",
        resolve("helm"),
        "--no-color",
        "--quiet",
    ]
    if words[0] == "template":
        argv += ["--kustomize-binary", resolve("kustomize")]
    try:
        return run(Command([*argv, *words], env=bare, bare=True, cwd=helmfile.parent)).text
    except CommandFailed as failure:
        raise PenstockError(_readable(failure.result.complaint), "mend what is named above and run it again") from None


def _readable(complaint: str) -> str:
    """helmfile wraps an error once per file that it went through: keep what names the fault."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    text = " ".join(lines) or "helmfile failed and said nothing"
    text = re.sub(r"^.*?in (\./|/)?(?=\S+: )", "", text) if text.count(" in ") == 1 else text
    return text.removeprefix("err: ")

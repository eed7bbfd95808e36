"""Adapters for skopeo and crane, which ask a registry for an image: as an archive for the nodes, or its digest."""

from __future__ import annotations

import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, run
from penstock.kube.images import ImageRef
from penstock.tools.archives import ARCHITECTURE

Value = TypeVar("Value")
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1)[:/]")
# What registries answer -> what to do about it.
_REFUSALS = {
    r"\b401\b|unauthorized|authentication required": "see that the image exists, and log in: {program} login {host}",
    r"\b429\b|toomanyrequests|rate limit": "{host} limits pulls: log in ({program} login {host}), or go on later",
    r"manifest unknown|not found|\b404\b": "see that the registry has this tag or digest",
    r"digest did not match|does not match|mismatch": "{host} served other bytes than the digest promises: find out why",
}


def program() -> str:
    """Return the first of skopeo and crane on PATH; raises PenstockError if neither is."""
    found = next(filter(shutil.which, ("skopeo", "crane")), "")
    if not found:
        raise PenstockError("neither skopeo nor crane is on PATH", "install one of them, such as `apt install skopeo`")
    return found


def save(ref: ImageRef, archive: Path) -> None:
    """Save an image for Linux on this machine's architecture; raises PenstockError if the registry refuses it.

    The archive is in OCI's layout, with the name under which a container runtime looks for the image.
    """
    copy = _with_skopeo if program() == "skopeo" else _with_crane
    _asked(ref, lambda: copy(ref.runtime_name, archive))


def digest(ref: ImageRef) -> str:
    """Return the digest that the registry has for a tag, `sha256:…`; raises PenstockError if it refuses the image.

    For an image of several platforms that is the digest of their list.
    """
    if program() == "skopeo":
        argv = ["skopeo", "inspect", *_plain(ref.repository), "--format", "{{.Digest}}", f"docker://{ref.runtime_name}"]
    else:
        argv = ["crane", "digest", ref.runtime_name]
    return _asked(ref, lambda: run(Command(argv, timeout=120)).text.strip())


def _asked(ref: ImageRef, ask: Callable[[], Value]) -> Value:
    """Return an answer; raises PenstockError with what to do about a refusal."""
    try:
        return ask()
    except CommandFailed as failure:
        # skopeo writes log lines: time=… level=fatal msg="…".
        complaint = re.sub(r'^time=.* msg="(.*)"$', r"\1", failure.result.complaint, flags=re.MULTILINE)
        host = ref.repository.partition("/")[0]
        fix = next((fix for pattern, fix in _REFUSALS.items() if re.search(pattern, complaint, re.IGNORECASE)), "")
        hint = fix.format(host=host, program=program()) or f"the command was: {failure.result.command.line}"
        raise PenstockError(f"{ref}: {complaint.splitlines()[-1] if complaint else failure.message}", hint) from None


def _plain(name: str) -> list[str]:
    """Return skopeo's option for a registry on this machine, which has no certificate; crane knows by itself."""
    return ["--tls-verify=false"] if _LOOPBACK.match(name) else []


def _with_skopeo(name: str, archive: Path) -> None:
    options = ["--quiet", "--override-os=linux", f"--override-arch={ARCHITECTURE}"]
    options += [option.replace("--tls", "--src-tls") for option in _plain(name)]
    run(Command(["skopeo", "copy", *options, f"docker://{name}", f"oci-archive:{archive}:{name}"], timeout=1800))


def _with_crane(name: str, archive: Path) -> None:
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".crane-") as folder:
        options = ["--format=oci", "--annotate-ref", f"--platform=linux/{ARCHITECTURE}"]
        run(Command(["crane", "pull", *options, name, folder], timeout=1800))
        with tarfile.open(archive, "w") as tar:
            for path in sorted(Path(folder).iterdir()):
                tar.add(path, path.name)

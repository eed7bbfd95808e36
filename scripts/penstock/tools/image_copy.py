"""Adapters for skopeo, crane and docker, which ask a registry for an image: as an archive, or its digest."""

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
from penstock.tools.archives import ARCHITECTURE, rename

Value = TypeVar("Value")
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1)[:/]")
# What registries answer -> what to do about it.
_REFUSALS = {
    r"\b401\b|unauthorized|authentication required|access denied": (
        "see that the image exists, and log in: {program} login {host}"
    ),
    "no space left": "the disk is full: free some space",
    r"\b429\b|toomanyrequests|rate limit": "{host} limits pulls: log in ({program} login {host}), or retry later",
    r"manifest unknown|not found|\b404\b": "see that the registry has this tag or digest",
    r"digest did not match|does not match|mismatch": "{host} served other bytes than the digest promises: find out why",
}


# Docker is the last: it keeps a copy of each image.
SAVING = ("skopeo", "crane", "docker")
ASKING = ("skopeo", "crane")


def program(names: tuple[str, ...]) -> str:
    """Return the first of these programs on PATH; raises PenstockError if none is."""
    found = next(filter(shutil.which, names), "")
    if not found:
        *others, last = names
        message = f"neither {', '.join(others)} nor {last} is on PATH"
        raise PenstockError(message, "install one of them, such as `apt install skopeo`")
    return found


def save(ref: ImageRef, archive: Path) -> None:
    """Save an image for Linux on this machine's architecture; raises PenstockError if the registry refuses it.

    The archive has the name under which a container runtime looks for the image; it is in OCI's layout, or in that of
    `docker save`.
    """
    copy = {"skopeo": _with_skopeo, "crane": _with_crane, "docker": _with_docker}[program(SAVING)]
    _asked(ref, SAVING, lambda: copy(ref.runtime_name, archive))


def digest(ref: ImageRef) -> str:
    """Return the digest that the registry has for a tag, `sha256:…`; raises PenstockError if it refuses the image.

    For an image of several platforms that is the digest of their list.
    """
    if program(ASKING) == "skopeo":
        argv = ["skopeo", "inspect", *_plain(ref.repository), "--format", "{{.Digest}}", f"docker://{ref.runtime_name}"]
    else:
        argv = ["crane", "digest", ref.runtime_name]
    return _asked(ref, ASKING, lambda: run(Command(argv, timeout=120)).text.strip())


def _asked(ref: ImageRef, names: tuple[str, ...], ask: Callable[[], Value]) -> Value:
    """Return an answer; raises PenstockError with what to do about a refusal."""
    try:
        return ask()
    except CommandFailed as failure:
        # skopeo writes log lines: time=… level=fatal msg="…".
        complaint = re.sub(r'^time=.* msg="(.*)"$', r"\1", failure.result.complaint, flags=re.MULTILINE)
        host = ref.registry
        fix = next((fix for pattern, fix in _REFUSALS.items() if re.search(pattern, complaint, re.IGNORECASE)), "")
        hint = fix.format(host=host, program=program(names)) or f"the command was: {failure.result.command.line}"
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


def _with_docker(name: str, archive: Path) -> None:
    platform = f"linux/{ARCHITECTURE}"
    # What Docker has already needs no network; its tag may have moved in the registry since.
    asking = ["docker", "image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", name]
    if run(Command(asking, timeout=60, ok=(0, 1))).text.strip() != platform:
        run(Command(["docker", "pull", "--quiet", f"--platform={platform}", name], timeout=1800))
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".docker-") as folder:
        saved = Path(folder) / "saved.tar"
        run(Command(["docker", "save", "--output", saved, name], timeout=1800))
        rename(saved, name, archive)

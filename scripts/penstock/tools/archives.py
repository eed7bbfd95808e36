"""Archives of images: tar files in the layout of OCI or of `docker save`.

OCI: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Docker's has a manifest.json besides.
"""

from __future__ import annotations

import io
import json
import platform
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import Json, Model, decode
from penstock.kube.images import ImageRef

_ENDINGS = (".tar", ".tar.gz", ".tgz")
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
# The label of an image that only keeps the promises of its pod (probes, ports); the value names the replaced program.
_STAND_IN = "penstock.stand-in"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
ARCHITECTURE = _MACHINES.get(platform.machine(), platform.machine())


class _Runtime(msgspec.Struct, frozen=True, rename="pascal"):
    labels: dict[str, str] | None = None


class _Config(msgspec.Struct, frozen=True):
    architecture: str = ""
    os: str = "linux"
    config: _Runtime = _Runtime()


class _Descriptor(msgspec.Struct, frozen=True):
    digest: str
    size: int = 0
    annotations: dict[str, str] = {}
    platform: _Config = _Config()


class _Index(msgspec.Struct, frozen=True):
    manifests: list[_Descriptor]


class _Manifest(msgspec.Struct, frozen=True):
    config: _Descriptor | None = None
    layers: list[_Descriptor] = []
    manifests: list[_Descriptor] = []


class _Saved(msgspec.Struct, frozen=True, rename="pascal"):
    config: str
    repo_tags: list[str] | None = None
    layers: list[str] = []


class _Inside(NamedTuple):
    """The file of an image's config, and the bytes of its layers in the archive."""

    config: str
    size: int


@dataclass(frozen=True)
class Archive:
    """An archive: its images by the names under which a container runtime keeps them, with the digest of each config.

    A runtime calls that digest the image's ID. `architectures` are those of the images. `stand_ins` maps the names of
    images with the label `penstock.stand-in` to the program that they replace. `sizes` has the bytes of the layers of
    each image, compressed or not, as they are in the archive.
    """

    path: Path
    images: dict[str, str]
    architectures: frozenset[str]
    stand_ins: dict[str, str]
    sizes: dict[str, int] = field(default_factory=dict)


def in_folder(folder: Path) -> list[Archive]:
    """Read the archives in a folder; raises PenstockError if there are none, or one is for another platform."""
    hint = "docker save -o DIR/NAME.tar IMAGE, or skopeo copy docker://IMAGE oci-archive:DIR/NAME.tar:IMAGE"
    if not folder.is_dir():
        raise PenstockError(f"{folder}: no folder with archives of images", hint)
    paths = sorted(path for path in folder.iterdir() if path.name.endswith(_ENDINGS))
    if not paths:
        raise PenstockError(f"{folder}: no archive of an image ({', '.join(_ENDINGS)})", hint)
    found = [read(path) for path in paths]
    for archive in found:
        if archive.architectures != {ARCHITECTURE}:
            others = ", ".join(sorted(archive.architectures))
            raise PenstockError(
                f"{archive.path}: for {others}, and the nodes are {ARCHITECTURE}", f"save it for linux/{ARCHITECTURE}"
            )
    return found


def read(path: Path) -> Archive:
    """Read the names and architectures in an archive; raises PenstockError if it is none, or has no name."""
    try:
        with tarfile.open(path) as tar:
            found = _docker(tar) if "manifest.json" in tar.getnames() else _oci(tar)
            configs = {name: _json(tar, inside.config, _Config) for name, inside in found.items()}
    except (tarfile.TarError, OSError, KeyError, EOFError, msgspec.DecodeError) as error:
        fix = "make it with `docker save -o`, or `skopeo copy … oci-archive:`"
        raise PenstockError(f"{path}: no archive of an image: {_fault(error)}", fix) from None
    if not found:
        raise PenstockError(f"{path}: its images have no name", "name the image when you save it: NAME:TAG")
    ids = {name: f"sha256:{Path(inside.config).stem}" for name, inside in found.items()}
    sizes = {name: inside.size for name, inside in found.items()}
    labels = {name: (config.config.labels or {}).get(_STAND_IN, "") for name, config in configs.items()}
    stand_ins = {name: program for name, program in labels.items() if program}
    return Archive(path, ids, frozenset(config.architecture for config in configs.values()), stand_ins, sizes)


def _fault(error: Exception) -> str:
    """Return the error in one line; tarfile's says on further lines why it is not of each compression."""
    return str(error).strip('"').splitlines()[0].rstrip(":")


def rename(path: Path, name: str, renamed: Path) -> None:
    """Copy an archive of `docker save` under a name: docker leaves it out of an image that it saves by its digest."""
    with tarfile.open(path) as tar, tarfile.open(renamed, "w") as copy:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file and member.name in ("manifest.json", "index.json"):
                data = _named(json.loads(file.read()), name)
                member.size, file = len(data), io.BytesIO(data)
            copy.addfile(member, file)


def _named(content: list[Json] | Json, name: str) -> bytes:
    """Return a manifest.json, which is a list, or an index.json with the name of its image."""
    if isinstance(content, list):
        content = [{**image, "RepoTags": [name]} for image in content]
    else:
        manifests = [{**each, "annotations": {_NAMES[0]: name}} for each in content["manifests"]]
        content = {**content, "manifests": manifests}
    return json.dumps(content).encode()


def _docker(tar: tarfile.TarFile) -> dict[str, _Inside]:
    """Map names to images, in the layout of `docker save`; a config is blobs/sha256/HEX, or HEX.json."""
    every = _json(tar, "manifest.json", list[_Saved])
    found = {saved.config: _Inside(saved.config, sum(tar.getmember(it).size for it in saved.layers)) for saved in every}
    return {ImageRef.parse(name).runtime_name: found[saved.config] for saved in every for name in saved.repo_tags or []}


def _oci(tar: tarfile.TarFile) -> dict[str, _Inside]:
    """Map names to images, in an OCI layout; of several platforms, that of this machine."""
    found = {}
    for entry in _json(tar, "index.json", _Index).manifests:
        name = next((entry.annotations[key] for key in _NAMES if "/" in entry.annotations.get(key, "")), "")
        manifest = _json(tar, _blob(entry.digest), _Manifest)
        if manifest.config is None and manifest.manifests:
            by_architecture = {each.platform.architecture: each for each in reversed(manifest.manifests)}
            chosen = by_architecture.get(ARCHITECTURE, manifest.manifests[0])
            manifest = _json(tar, _blob(chosen.digest), _Manifest)
        if name and manifest.config:
            size = sum(layer.size for layer in manifest.layers)
            found[ImageRef.parse(name).runtime_name] = _Inside(_blob(manifest.config.digest), size)
    return found


def _json(tar: tarfile.TarFile, name: str, model: type[Model]) -> Model:
    member = tar.extractfile(name)
    if member is None:
        raise KeyError(name)
    return decode(member.read(), model)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"

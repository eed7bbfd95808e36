"""Archives of images with a name, a config and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

NAME = "registry.example/town/server:1.0"


class Files:
    """The files of an archive."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def add(self, value: Any, name: str = "") -> str:
        """Add a file of JSON, without a name as a blob; gives the blob's digest."""
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        self.contents[name or f"blobs/sha256/{digest}"] = data
        return f"sha256:{digest}"

    def write(self, path: Path) -> Path:
        """Write the archive."""
        with tarfile.open(path, "w") as tar:
            for name, data in self.contents.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        return path


def config(architecture: str = "amd64", note: str = "", stand_in: str = "") -> dict[str, Any]:
    """The config of an image; another note makes another image."""
    labels = {"note": note, "penstock.stand-in": stand_in} if stand_in else {"note": note}
    return {"architecture": architecture, "os": "linux", "config": {"Labels": labels}}


def oci(path: Path, name: str = NAME, key: str = "io.containerd.image.name", layers: int = 0, **about: str) -> str:
    """Write an archive in OCI's layout, and give the ID of its image; `layers` is the size of its one layer."""
    files = Files()
    identity = files.add(config(**about))
    layer = [{"digest": f"sha256:{'0' * 64}", "size": layers}]
    manifest = files.add({"schemaVersion": 2, "config": {"digest": identity}, "layers": layer})
    annotations = {key: name} if name else {}
    files.add({"schemaVersion": 2, "manifests": [{"digest": manifest, "annotations": annotations}]}, "index.json")
    files.write(path)
    return identity


def docker(path: Path, name: str = NAME, **about: str) -> str:
    """Write an archive as old versions of `docker save` did, with a layer of 4 bytes, and give the ID of its image."""
    files = Files()
    identity = files.add(config(**about))
    plain = identity.removeprefix("sha256:")
    files.contents = {f"{plain}.json": files.contents[f"blobs/sha256/{plain}"]}
    files.add(1234, "0/layer.tar")
    saved = {"Config": f"{plain}.json", "RepoTags": [name] if name else None, "Layers": ["0/layer.tar"]}
    files.add([saved], "manifest.json")
    files.write(path)
    return identity

"""Configuration files inside containers: the keys of ConfigMaps, at the paths where they are mounted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.nearest import ending
from penstock.kube.containers import Container, VolumeMount
from penstock.kube.objects import ConfigMap, Workload
from penstock.kube.pods import FilesSource
from penstock.platform.rendered import Rendered


@dataclass(frozen=True)
class MountedFile:
    """A file in a container, and the ConfigMap key that is mounted there."""

    path: str
    config_map: ConfigMap
    key: str

    @property
    def text(self) -> str:
        """The file's content."""
        return self.config_map.files.data[self.key]

    @property
    def documents(self) -> list[Any]:
        """The file's documents, as in ConfigMap.documents."""
        return self.config_map.documents[self.key]


def files(rendered: Rendered, workload: Workload, container: Container) -> dict[str, MountedFile]:
    """Path -> file, for every text file in a container that comes from a ConfigMap of the manifests."""
    volumes = {volume.name: volume for volume in workload.template.spec.volumes}
    by_path = {}
    for mount in container.volume_mounts:
        volume = volumes.get(mount.name)
        for projection in volume.projections() if volume else []:
            source = projection.config_map
            config_map = rendered.config_maps.get((workload.namespace, source.name)) if source else None
            if source and config_map:
                for file in _mounted(mount, source, config_map):
                    by_path[file.path] = file
    return by_path


def file_at(rendered: Rendered, workload: Workload, container: Container, path: str) -> MountedFile:
    """The file at a path of a container; raises PenstockError with the nearest path if there is none."""
    by_path = files(rendered, workload, container)
    if path not in by_path:
        message = f"the container `{container.name}` has no file {path} from a ConfigMap"
        raise PenstockError(
            f"{workload.file}: {message}{ending(path, by_path)}", "fix the path, or mount the file there"
        )
    return by_path[path]


def _mounted(mount: VolumeMount, source: FilesSource, config_map: ConfigMap) -> Iterator[MountedFile]:
    paths = {item.path: item.key for item in source.items} or {key: key for key in config_map.files.data}
    for path, key in paths.items():
        inside = PurePosixPath(path)
        if key in config_map.files.data and inside.is_relative_to(mount.sub_path):
            below = inside.relative_to(mount.sub_path)
            yield MountedFile((PurePosixPath(mount.mount_path) / below).as_posix(), config_map, key)

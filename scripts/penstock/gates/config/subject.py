"""A container as its checker sees it: the program's version, its flags, its variables and its files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from penstock.core.errors import PenstockError
from penstock.core.nearest import ending
from penstock.kube.containers import Container, EnvVar
from penstock.kube.objects import Workload
from penstock.platform.files import MountedFile, files
from penstock.platform.rendered import Rendered

_IMAGE = re.compile(r"(?:.*/)?(?P<name>[^/:@]+)(?::(?P<tag>[^@]+))?(?:@.*)?")
_REFERENCE = re.compile(r"\$\((\w+)\)")
# What a pod's fields and Secrets hold is known in the cluster alone; these have the shape of it.
_FIELDS = {"status.hostIP": "192.0.2.1", "status.podIP": "192.0.2.2", "spec.nodeName": "node"}


@dataclass(frozen=True)
class Subject:
    """One container of one workload, in the manifests of one environment."""

    rendered: Rendered
    workload: Workload
    container: Container

    @property
    def image(self) -> str:
        """The last part of the image's name, such as `prometheus`."""
        found = _IMAGE.fullmatch(self.container.image)
        return found["name"] if found else ""

    @property
    def version(self) -> str:
        """The image's tag without a leading v."""
        found = _IMAGE.fullmatch(self.container.image)
        return (found["tag"] or "").lstrip("v") if found else ""

    @property
    def deployed(self) -> str:
        """The program and its version."""
        return f"{self.image} {self.version}"

    @property
    def where(self) -> str:
        """The workload and the container, as people say it."""
        return f"{self.workload}, container {self.container.name}"

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment: literal values as they are, all else as a stand-in of the same shape."""
        taken = {item.name: self._value(item) for item in self.container.env}
        for source in self.container.env_from:
            if source.config_map_ref:
                config_map = self.rendered.config_maps.get((self.workload.namespace, source.config_map_ref.name))
                data = config_map.files.data if config_map else {}
                taken = {source.prefix + key: value for key, value in data.items()} | taken
        return taken

    def _value(self, item: EnvVar) -> str:
        if not item.value_from:
            return item.value
        field = item.value_from.field_ref
        if field and field.field_path == "metadata.namespace":
            return self.workload.namespace
        return _FIELDS.get(field.field_path, "stand-in") if field else "stand-in"

    @property
    def has_unknown_variables(self) -> bool:
        """Whether it also gets variables from a Secret, whose names only the cluster knows."""
        return any(source.secret_ref for source in self.container.env_from)

    @cached_property
    def words(self) -> list[str]:
        """Command and arguments, `$(NAME)` filled in."""
        words = [*self.container.command, *self.container.args]
        return [_REFERENCE.sub(lambda match: self.variables.get(match[1], match[0]), word) for word in words]

    def flags(self) -> Iterator[tuple[str, str]]:
        """Every flag without its dashes, and its value: `--name=value`, `--name value`, or empty."""
        for index, word in enumerate(self.words):
            if word.startswith("-"):
                name, _, value = word.lstrip("-").partition("=")
                after = self.words[index + 1] if index + 1 < len(self.words) else ""
                yield name, value if "=" in word or after.startswith("-") else after

    def flag(self, *names: str, default: str = "") -> str:
        """The value of the last flag of these names."""
        return ([value for name, value in self.flags() if name in names] or [default])[-1]

    @cached_property
    def files(self) -> dict[str, MountedFile]:
        """Path -> file, for all that it has from ConfigMaps."""
        return files(self.rendered, self.workload, self.container)

    def config_file(self, *flags: str, default: str = "") -> MountedFile:
        """The file that the last of these flags names; PenstockError when it isn't from a ConfigMap."""
        path = self.flag(*flags, default=default)
        shown = " or ".join(f"--{flag}" for flag in flags)
        if not path:
            raise PenstockError(f"{self.where}: no {shown} among its arguments", "name its configuration there")
        if path not in self.files:
            said = f"{self.where}: {shown} names {path}, which is no file from a ConfigMap"
            raise PenstockError(f"{said}{ending(path, self.files)}", "mount the ConfigMap there")
        return self.files[path]

    def named_by(self, config: MountedFile, key: str) -> dict[str, list[MountedFile]]:
        """The patterns of paths that a configuration has at one of its keys, and the files that each stands for."""
        values = config.documents[0] if config.documents else None
        patterns = values.get(key) if isinstance(values, dict) else None
        folder = PurePosixPath(config.path).parent
        return {
            str(pattern): [
                file for path, file in self.files.items() if PurePosixPath(path).match(str(folder / pattern))
            ]
            for pattern in (patterns if isinstance(patterns, list) else [])
        }

    @property
    def mounts(self) -> list[str]:
        """Where it sees a volume, the longest path first."""
        return sorted({mount.mount_path.rstrip("/") for mount in self.container.volume_mounts}, key=len, reverse=True)


def subjects(rendered: Rendered) -> list[Subject]:
    """Every container of an environment."""
    return [Subject(rendered, item, container) for item in rendered.workloads for _, container in item.containers()]


def lost(subject: Subject, key: str, patterns: dict[str, list[MountedFile]]) -> Iterator[str]:
    """A fault for each pattern that stands for no file: programs take such a one for an empty list."""
    for pattern, found in patterns.items():
        if not found:
            yield f"{key}: `{pattern}` is no file of the container{ending(pattern, subject.files)}"


def named(file: MountedFile) -> str:
    """A file as people know it: ConfigMap observability/prometheus, prometheus.yml."""
    return f"{file.config_map}, {file.key}"

"""A container as a checker needs it: the program's version, flags, variables and files."""

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
# Stand-ins of the same form for values that only the cluster knows.
_FIELDS = {"status.hostIP": "192.0.2.1", "status.podIP": "192.0.2.2", "spec.nodeName": "node"}


@dataclass(frozen=True)
class Subject:
    """A container of a workload in an environment."""

    rendered: Rendered
    workload: Workload
    container: Container

    @property
    def image(self) -> str:
        """The last part of the image's name, such as `prometheus`."""
        match = _IMAGE.fullmatch(self.container.image)
        return match["name"] if match else ""

    @property
    def version(self) -> str:
        """The image's tag without a leading v; empty if it has none."""
        match = _IMAGE.fullmatch(self.container.image)
        return (match["tag"] or "").lstrip("v") if match else ""

    @property
    def deployed(self) -> str:
        """The program and its version, such as `prometheus 3.5.0`."""
        return f"{self.image} {self.version}"

    @property
    def where(self) -> str:
        """The workload and the container, as messages show them."""
        return f"{self.workload}, container {self.container.name}"

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment variables: literal values, and for all others a stand-in of the same form."""
        values = {item.name: self._value(item) for item in self.container.env}
        for source in self.container.env_from:
            if source.config_map_ref:
                config_map = self.rendered.config_maps.get((self.workload.namespace, source.config_map_ref.name))
                data = config_map.files.data if config_map else {}
                values = {source.prefix + key: value for key, value in data.items()} | values
        return values

    def _value(self, item: EnvVar) -> str:
        if not item.value_from:
            return item.value
        field = item.value_from.field_ref
        if field and field.field_path == "metadata.namespace":
            return self.workload.namespace
        return _FIELDS.get(field.field_path, "stand-in") if field else "stand-in"

    @property
    def has_unknown_variables(self) -> bool:
        """Whether it has variables from a Secret, whose names only the cluster knows."""
        return any(source.secret_ref for source in self.container.env_from)

    @cached_property
    def argv(self) -> list[str]:
        """Command and arguments, with `$(NAME)` expanded."""
        argv = [*self.container.command, *self.container.args]
        return [_REFERENCE.sub(lambda match: self.variables.get(match[1], match[0]), text) for text in argv]

    def flags(self) -> Iterator[tuple[str, str]]:
        """Name without dashes and value of every flag: `--name=value`, `--name value`, or empty for `--name`."""
        for index, argument in enumerate(self.argv):
            if argument.startswith("-"):
                name, _, value = argument.lstrip("-").partition("=")
                following = self.argv[index + 1] if index + 1 < len(self.argv) else ""
                yield name, value if "=" in argument or following.startswith("-") else following

    def flag(self, *names: str, default: str = "") -> str:
        """The value of the last flag with one of these names."""
        return ([value for name, value in self.flags() if name in names] or [default])[-1]

    @cached_property
    def files(self) -> dict[str, MountedFile]:
        """Path -> file, for every file from a ConfigMap."""
        return files(self.rendered, self.workload, self.container)

    def config_file(self, *flags: str, default: str = "") -> MountedFile:
        """The file that the last of these flags names; raises PenstockError if it isn't from a ConfigMap."""
        path = self.flag(*flags, default=default)
        shown = " or ".join(f"--{flag}" for flag in flags)
        if not path:
            raise PenstockError(f"{self.where}: the argument {shown} is missing", "name its configuration there")
        if path not in self.files:
            message = f"{self.where}: {shown} names {path}, which is no file from a ConfigMap"
            raise PenstockError(f"{message}{ending(path, self.files)}", "mount the ConfigMap there")
        return self.files[path]

    def matches(self, config: MountedFile, key: str) -> dict[str, list[MountedFile]]:
        """Path pattern -> matching files, for the patterns under a key of a configuration."""
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
        """The paths of its volume mounts, the longest first."""
        return sorted({mount.mount_path.rstrip("/") for mount in self.container.volume_mounts}, key=len, reverse=True)


def subjects(rendered: Rendered) -> list[Subject]:
    """Every container of every workload in an environment."""
    return [Subject(rendered, item, container) for item in rendered.workloads for _, container in item.containers()]


def unmatched(subject: Subject, key: str, patterns: dict[str, list[MountedFile]]) -> Iterator[str]:
    """A fault for each pattern without a match: programs treat it as an empty list."""
    for pattern, matches in patterns.items():
        if not matches:
            yield f"{key}: `{pattern}` matches no file of the container{ending(pattern, subject.files)}"


def named(file: MountedFile) -> str:
    """A file's name in reports: ConfigMap observability/prometheus, prometheus.yml."""
    return f"{file.config_map}, {file.key}"

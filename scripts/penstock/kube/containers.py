"""Containers: their variables, ports, probes and mounts."""

from __future__ import annotations

from msgspec import field, structs

from penstock.kube.fields import KubeStruct


class SourceRef(KubeStruct, frozen=True):
    """All keys of a ConfigMap or a Secret."""

    name: str = ""


class _FieldRef(KubeStruct, frozen=True):
    field_path: str


class _EnvSource(KubeStruct, frozen=True):
    field_ref: _FieldRef | None = None


class EnvVar(KubeStruct, frozen=True):
    """A variable of a container's environment."""

    name: str
    value: str = ""
    value_from: _EnvSource | None = None


class _EnvFrom(KubeStruct, frozen=True):
    prefix: str = ""
    config_map_ref: SourceRef | None = None
    secret_ref: SourceRef | None = None


class ContainerPort(KubeStruct, frozen=True):
    """A container port; `host_port` is 0 if no port of the node is mapped to it."""

    container_port: int
    name: str = ""
    host_port: int = 0
    protocol: str = "TCP"
    host_ip: str = field(default="", name="hostIP")


class _PortUser(KubeStruct, frozen=True):
    port: int | str = 0


class Handler(KubeStruct, frozen=True):
    """A probe, or the handler of a lifecycle hook."""

    http_get: _PortUser | None = None
    tcp_socket: _PortUser | None = None


class _Lifecycle(KubeStruct, frozen=True):
    post_start: Handler = Handler()
    pre_stop: Handler = Handler()


class VolumeMount(KubeStruct, frozen=True):
    """The mount of a volume, or of its file or folder `sub_path`."""

    name: str
    mount_path: str
    sub_path: str = ""
    read_only: bool = False


class _VolumeDevice(KubeStruct, frozen=True):
    name: str


class Resources(KubeStruct, frozen=True):
    """The requests of a container or a claim: resource -> quantity."""

    requests: dict[str, str | int | float] = {}


class _Capabilities(KubeStruct, frozen=True):
    add: list[str] = []
    drop: list[str] = []


class _Profile(KubeStruct, frozen=True):
    type: str = ""


class SecurityContext(KubeStruct, frozen=True):
    """The security context of a container or a pod; None if the pod, the image or a default decides."""

    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    privileged: bool = False
    read_only_root_filesystem: bool = False
    allow_privilege_escalation: bool | None = None
    capabilities: _Capabilities = _Capabilities()
    seccomp_profile: _Profile | None = None
    app_armor_profile: _Profile | None = None

    def over(self, pod: SecurityContext) -> SecurityContext:
        """This context; the fields that it doesn't set are the pod's."""
        unset = SecurityContext()
        own = {
            name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) != getattr(unset, name)
        }
        return structs.replace(pod, **own)


class Container(KubeStruct, frozen=True):
    """A container of a pod; for a sidecar among the init containers, `restart_policy` is Always."""

    name: str
    image: str = ""
    command: list[str] = []
    args: list[str] = []
    env: list[EnvVar] = []
    env_from: list[_EnvFrom] = []
    ports: list[ContainerPort] = []
    volume_mounts: list[VolumeMount] = []
    volume_devices: list[_VolumeDevice] = []
    readiness_probe: Handler = Handler()
    liveness_probe: Handler = Handler()
    startup_probe: Handler = Handler()
    lifecycle: _Lifecycle = _Lifecycle()
    resources: Resources = Resources()
    security_context: SecurityContext = SecurityContext()
    restart_policy: str = ""

    def literal_env(self) -> dict[str, str]:
        """Name -> value of the variables with a literal value."""
        return {item.name: item.value for item in self.env if item.value_from is None}

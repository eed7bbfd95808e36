"""Containers: their variables, ports, probes and mounts."""

from __future__ import annotations

from msgspec import field, structs

from penstock.kube.fields import KubeStruct


class KeyRef(KubeStruct, frozen=True):
    """A key of a ConfigMap or a Secret."""

    key: str
    name: str = ""
    optional: bool = False


class SourceRef(KubeStruct, frozen=True):
    """All keys of a ConfigMap or a Secret."""

    name: str = ""
    optional: bool = False


class FieldRef(KubeStruct, frozen=True):
    """A field of the pod itself, such as status.hostIP."""

    field_path: str


class EnvSource(KubeStruct, frozen=True):
    """Where the value of a variable comes from."""

    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None
    field_ref: FieldRef | None = None


class EnvVar(KubeStruct, frozen=True):
    """A variable of a container's environment."""

    name: str
    value: str = ""
    value_from: EnvSource | None = None


class EnvFrom(KubeStruct, frozen=True):
    """Variables from all keys of a ConfigMap or a Secret."""

    prefix: str = ""
    config_map_ref: SourceRef | None = None
    secret_ref: SourceRef | None = None


class ContainerPort(KubeStruct, frozen=True):
    """A port that a container listens on; `host_port` is 0 where the node has none for it."""

    container_port: int
    name: str = ""
    host_port: int = 0
    protocol: str = "TCP"
    host_ip: str = field(default="", name="hostIP")


class PortUser(KubeStruct, frozen=True):
    """What a probe or a hook opens: a number, or the name of a container port."""

    port: int | str = 0
    path: str = ""


class Handler(KubeStruct, frozen=True):
    """A probe, or what a lifecycle hook does."""

    http_get: PortUser | None = None
    tcp_socket: PortUser | None = None
    grpc: PortUser | None = None


class Lifecycle(KubeStruct, frozen=True):
    """What runs after a container's start and before its end."""

    post_start: Handler = Handler()
    pre_stop: Handler = Handler()


class VolumeMount(KubeStruct, frozen=True):
    """Where a container sees a volume, or the file or folder `sub_path` of it."""

    name: str
    mount_path: str
    sub_path: str = ""
    sub_path_expr: str = ""
    read_only: bool = False


class VolumeDevice(KubeStruct, frozen=True):
    """Where a container sees a raw volume."""

    name: str


class Resources(KubeStruct, frozen=True):
    """What a container or a claim requests, as quantities: Resource -> amount."""

    requests: dict[str, str | int | float] = {}


class _Capabilities(KubeStruct, frozen=True):
    add: list[str] = []
    drop: list[str] = []


class _Profile(KubeStruct, frozen=True):
    type: str = ""


class SecurityContext(KubeStruct, frozen=True):
    """What the processes of a container may do; None where the pod, the image or a default decides."""

    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    privileged: bool = False
    read_only_root_filesystem: bool = False
    allow_privilege_escalation: bool | None = None
    capabilities: _Capabilities = _Capabilities()
    seccomp_profile: _Profile | None = None
    app_armor_profile: _Profile | None = None

    def over(self, pod: SecurityContext) -> SecurityContext:
        """This context where it sets a field, that of the pod elsewhere."""
        unset = SecurityContext()
        own = {
            name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) != getattr(unset, name)
        }
        return structs.replace(pod, **own)


class Container(KubeStruct, frozen=True):
    """A container of a pod; `restart_policy` is Always in an init container that keeps running."""

    name: str
    image: str = ""
    command: list[str] = []
    args: list[str] = []
    env: list[EnvVar] = []
    env_from: list[EnvFrom] = []
    ports: list[ContainerPort] = []
    volume_mounts: list[VolumeMount] = []
    volume_devices: list[VolumeDevice] = []
    readiness_probe: Handler = Handler()
    liveness_probe: Handler = Handler()
    startup_probe: Handler = Handler()
    lifecycle: Lifecycle = Lifecycle()
    resources: Resources = Resources()
    security_context: SecurityContext = SecurityContext()
    restart_policy: str = ""

    def literal_env(self) -> dict[str, str]:
        """The variables whose values the manifest holds."""
        return {item.name: item.value for item in self.env if item.value_from is None}

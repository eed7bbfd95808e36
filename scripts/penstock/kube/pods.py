"""Pod templates: containers, volumes and affinities."""

from __future__ import annotations

from msgspec import field

from penstock.kube.containers import Container, Resources, SecurityContext
from penstock.kube.fields import KubeStruct, Metadata, Selector


class _KeyToPath(KubeStruct, frozen=True):
    key: str
    path: str


class FilesSource(KubeStruct, frozen=True):
    """A ConfigMap or Secret as files; all of its keys if `items` is empty.

    A Secret volume has `secret_name`, all other sources have `name`.
    """

    name: str = ""
    secret_name: str = ""
    items: list[_KeyToPath] = []


class _Projection(KubeStruct, frozen=True):
    config_map: FilesSource | None = None
    secret: FilesSource | None = None


class _Projected(KubeStruct, frozen=True):
    sources: list[_Projection] = []


class ClaimSpec(KubeStruct, frozen=True):
    """The spec of a PersistentVolumeClaim; an empty class stands for the cluster's default."""

    storage_class_name: str = ""
    access_modes: list[str] = []
    resources: Resources = Resources()

    @property
    def size(self) -> str:
        """The requested capacity, as a quantity."""
        return str(self.resources.requests["storage"])


class _ClaimTemplate(KubeStruct, frozen=True):
    metadata: Metadata = Metadata()
    spec: ClaimSpec = ClaimSpec()


class _HostPath(KubeStruct, frozen=True):
    path: str


class Volume(KubeStruct, frozen=True):
    """A volume of a pod."""

    name: str
    config_map: FilesSource | None = None
    secret: FilesSource | None = None
    projected: _Projected | None = None
    host_path: _HostPath | None = None

    def projections(self) -> list[_Projection]:
        """Its ConfigMaps and Secrets, projected or not."""
        if self.projected:
            return self.projected.sources
        return [_Projection(config_map=self.config_map, secret=self.secret)]


class PodTerm(KubeStruct, frozen=True):
    """The pods that an affinity selects, by default in the pod's own namespace."""

    label_selector: Selector | None = None
    namespaces: list[str] = []
    namespace_selector: Selector | None = None


class _WeightedPodTerm(KubeStruct, frozen=True):
    pod_affinity_term: PodTerm


class _PodAffinity(KubeStruct, frozen=True):
    required: list[PodTerm] = field(default_factory=list, name="requiredDuringSchedulingIgnoredDuringExecution")
    preferred: list[_WeightedPodTerm] = field(
        default_factory=list, name="preferredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(KubeStruct, frozen=True):
    """The affinity of a pod to other pods."""

    pod_affinity: _PodAffinity = _PodAffinity()
    pod_anti_affinity: _PodAffinity = _PodAffinity()


class _Spread(KubeStruct, frozen=True):
    label_selector: Selector | None = None


class PodSpec(KubeStruct, frozen=True):
    """The spec of a pod."""

    containers: list[Container]
    init_containers: list[Container] = []
    volumes: list[Volume] = []
    service_account_name: str = ""
    host_network: bool = False
    host_pid: bool = field(default=False, name="hostPID")
    host_ipc: bool = field(default=False, name="hostIPC")
    automount_service_account_token: bool | None = None
    security_context: SecurityContext = SecurityContext()
    dns_policy: str = "ClusterFirst"
    affinity: Affinity = Affinity()
    topology_spread_constraints: list[_Spread] = []

    def every(self) -> list[Container]:
        """All containers, the init containers last."""
        return [*self.containers, *self.init_containers]

    def serving(self) -> list[Container]:
        """The containers that run as long as the pod, including sidecars."""
        return [*self.containers, *(item for item in self.init_containers if item.restart_policy == "Always")]


class PodTemplate(KubeStruct, frozen=True):
    """A pod template."""

    spec: PodSpec
    metadata: Metadata = Metadata()


class PodController(KubeStruct, frozen=True):
    """The spec of a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController or Job."""

    template: PodTemplate
    selector: Selector | None = None
    replicas: int = 1
    service_name: str = ""
    volume_claim_templates: list[_ClaimTemplate] = []

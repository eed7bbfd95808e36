"""Pod templates: containers, volumes, and the other pods that their place depends on."""

from __future__ import annotations

from msgspec import field

from penstock.kube.containers import Container, Resources, SecurityContext, SourceRef
from penstock.kube.fields import KubeStruct, Metadata, Selector


class KeyToPath(KubeStruct, frozen=True):
    """A key of a ConfigMap or a Secret, and its file in the volume."""

    key: str
    path: str


class ConfigMapVolume(KubeStruct, frozen=True):
    """A ConfigMap as files; all of its keys where `items` is empty."""

    name: str = ""
    items: list[KeyToPath] = []
    optional: bool = False


class SecretVolume(KubeStruct, frozen=True):
    """A Secret as files. A projected volume says `name`, a volume of its own `secretName`."""

    name: str = ""
    secret_name: str = ""
    items: list[KeyToPath] = []
    optional: bool = False


class Projection(KubeStruct, frozen=True):
    """One source of a projected volume."""

    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None


class Projected(KubeStruct, frozen=True):
    """A volume of several sources."""

    sources: list[Projection] = []


class Claim(KubeStruct, frozen=True):
    """The PersistentVolumeClaim of a volume."""

    claim_name: str


class ClaimSpec(KubeStruct, frozen=True):
    """What a PersistentVolumeClaim asks for; without `storageClassName` it's the cluster's default class."""

    storage_class_name: str = ""
    volume_name: str = ""
    access_modes: list[str] = []
    resources: Resources = Resources()

    @property
    def size(self) -> str:
        """The requested capacity, as a quantity."""
        return str(self.resources.requests["storage"])


class ClaimTemplate(KubeStruct, frozen=True):
    """A PersistentVolumeClaim, or the pattern of those that a workload makes."""

    metadata: Metadata = Metadata()
    spec: ClaimSpec = ClaimSpec()


class Ephemeral(KubeStruct, frozen=True):
    """A claim that lives as long as its pod."""

    volume_claim_template: ClaimTemplate = ClaimTemplate()


class HostPath(KubeStruct, frozen=True):
    """A file or folder of the node."""

    path: str


class Volume(KubeStruct, frozen=True):
    """A volume of a pod."""

    name: str
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    projected: Projected | None = None
    persistent_volume_claim: Claim | None = None
    ephemeral: Ephemeral | None = None
    host_path: HostPath | None = None

    def projections(self) -> list[Projection]:
        """The ConfigMaps and Secrets in it, whichever way they got there."""
        if self.projected:
            return self.projected.sources
        return [Projection(config_map=self.config_map, secret=self.secret)]


class PodTerm(KubeStruct, frozen=True):
    """The pods that an affinity is about: in the pod's own namespace unless it says otherwise."""

    label_selector: Selector | None = None
    namespaces: list[str] = []
    namespace_selector: Selector | None = None


class WeightedPodTerm(KubeStruct, frozen=True):
    """A PodTerm that is only preferred."""

    pod_affinity_term: PodTerm


class PodAffinity(KubeStruct, frozen=True):
    """Pods to be near to, or away from."""

    required: list[PodTerm] = field(default_factory=list, name="requiredDuringSchedulingIgnoredDuringExecution")
    preferred: list[WeightedPodTerm] = field(
        default_factory=list, name="preferredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(KubeStruct, frozen=True):
    """Where a pod may run, as far as it depends on other pods."""

    pod_affinity: PodAffinity = PodAffinity()
    pod_anti_affinity: PodAffinity = PodAffinity()


class Spread(KubeStruct, frozen=True):
    """A topology spread constraint."""

    label_selector: Selector | None = None


class PodSpec(KubeStruct, frozen=True):
    """What runs in a pod."""

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
    priority_class_name: str = ""
    image_pull_secrets: list[SourceRef] = []
    affinity: Affinity = Affinity()
    topology_spread_constraints: list[Spread] = []

    def every(self) -> list[Container]:
        """All containers, the init containers last."""
        return [*self.containers, *self.init_containers]

    def serving(self) -> list[Container]:
        """The containers that run for as long as the pod does."""
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
    volume_claim_templates: list[ClaimTemplate] = []

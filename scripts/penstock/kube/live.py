"""Objects as a cluster reports them, with the status fields that are read."""

from __future__ import annotations

from msgspec import field

from penstock.kube.fields import KubeStruct, Metadata


class Condition(KubeStruct, frozen=True):
    """A condition of an object; `status` is True, False or Unknown."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""


def condition(conditions: list[Condition], name: str) -> Condition | None:
    """The condition of that type; None if the object doesn't have it yet."""
    return next((item for item in conditions if item.type == name), None)


class _Conditions(KubeStruct, frozen=True):
    conditions: list[Condition] = []


class Conditioned(KubeStruct, frozen=True):
    """An object with conditions, such as a node or a CustomResourceDefinition."""

    metadata: Metadata = Metadata()
    status: _Conditions = _Conditions()

    def condition(self, name: str) -> Condition | None:
        """Its condition of that type; None if it doesn't have it yet."""
        return condition(self.status.conditions, name)


class _Replicas(KubeStruct, frozen=True):
    replicas: int = 1


class _Counts(KubeStruct, frozen=True):
    available_replicas: int = 0
    ready_replicas: int = 0
    number_ready: int = 0
    desired_number_scheduled: int | None = None


class Controller(KubeStruct, frozen=True):
    """A Deployment, StatefulSet or DaemonSet."""

    kind: str = ""
    metadata: Metadata = Metadata()
    spec: _Replicas = _Replicas()
    status: _Counts = _Counts()

    @property
    def ready(self) -> int:
        """The number of its Ready pods."""
        return self.status.ready_replicas or self.status.number_ready

    @property
    def desired(self) -> int:
        """The desired number of its pods."""
        scheduled = self.status.desired_number_scheduled
        return self.spec.replicas if scheduled is None else scheduled


class _Waiting(KubeStruct, frozen=True):
    reason: str = ""


class _Terminated(KubeStruct, frozen=True):
    exit_code: int = 0
    reason: str = ""


class _State(KubeStruct, frozen=True):
    waiting: _Waiting | None = None
    terminated: _Terminated | None = None


class _Container(KubeStruct, frozen=True):
    name: str = ""
    state: _State = _State()
    restart_count: int = 0

    @property
    def reason(self) -> str:
        """Why the container doesn't run; empty if that is unknown, or if it runs."""
        stopped = self.state.waiting or self.state.terminated
        return stopped.reason if stopped else ""


class _PodStatus(KubeStruct, frozen=True):
    phase: str = "missing"
    pod_ip: str = field(default="", name="podIP")
    start_time: str = ""
    conditions: list[Condition] = []
    container_statuses: list[_Container] = []


class Pod(KubeStruct, frozen=True):
    """A pod and its status."""

    metadata: Metadata = Metadata()
    status: _PodStatus = _PodStatus()

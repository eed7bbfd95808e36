"""Pods: mounts name their volumes, probes name their ports, and images have a version."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.containers import Container, Handler
from penstock.kube.images import ImageRef
from penstock.kube.objects import Object, Service, Workload
from penstock.kube.pods import Volume

_SCRAPE, _PORT = "prometheus.io/scrape", "prometheus.io/port"


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each image, mount, named port of a probe, duplicate port, and scraped port of an annotation."""
    images = {container.image for item in world.rendered.workloads for _, container in item.containers()}
    for workload in world.rendered.workloads:
        for place, container in workload.containers():
            yield Verdict(workload.file, f"{place}.image", _image_fault(container.image, images))
            yield from _mounts(world, workload, place, container)
            yield from _probes(workload, place, container)
            yield from _twice(workload, place, container)
        yield from _scraped(
            workload, f"{workload.path}.metadata".lstrip("."), [workload], workload.template.metadata.annotations
        )
    for service in world.rendered.services.values():
        yield from _scraped(service, "metadata", world.network.behind(service), service.metadata.annotations)


def _image_fault(image: str, known: set[str]) -> str:
    try:
        ref = ImageRef.parse(image)
    except PenstockError as error:
        return error.message
    if ref.tag == "latest":
        fault = "has the tag `latest`, which changes"
    elif ref.tag or ref.digest:
        return ""
    else:
        fault = "has neither a tag nor a digest"
    repository = image.removesuffix(":latest")
    exact = (other for other in known if other != image and other.startswith((f"{repository}:", f"{repository}@")))
    return f"`{image}` {fault}{ending(image, exact)}"


def _mounts(world: World, workload: Workload, place: str, container: Container) -> Iterator[Verdict]:
    volumes = {item.name: item for item in workload.template.spec.volumes}
    names = {*volumes, *(item.metadata.name for item in workload.spec.volume_claim_templates)}
    for index, mount in enumerate(container.volume_mounts):
        where = f"{place}.volumeMounts[{index}]"
        fault = "" if mount.name in names else f"the pod has no volume `{mount.name}`{ending(mount.name, names)}"
        yield Verdict(workload.file, f"{where}.name", fault)
        keys = _paths(world, workload, volumes[mount.name]) if mount.name in volumes else None
        if mount.sub_path and keys is not None:
            exists = any(key == mount.sub_path or key.startswith(f"{mount.sub_path}/") for key in keys)
            fault = f"the volume `{mount.name}` has no file {mount.sub_path}{ending(mount.sub_path, keys)}"
            yield Verdict(workload.file, f"{where}.subPath", "" if exists else fault)
    for index, device in enumerate(container.volume_devices):
        fault = "" if device.name in names else f"the pod has no volume `{device.name}`{ending(device.name, names)}"
        yield Verdict(workload.file, f"{place}.volumeDevices[{index}].name", fault)


def _paths(world: World, workload: Workload, volume: Volume) -> set[str] | None:
    """The files of a volume of ConfigMaps and Secrets; None if they are unknown, as for any other volume."""
    paths: set[str] = set()
    for projection in volume.projections():
        for kind, source in (("ConfigMap", projection.config_map), ("Secret", projection.secret)):
            if source is None:
                continue
            target = world.find(kind, workload.namespace, source.name or source.secret_name)
            if target is None or not (source.items or target.keys):
                return None
            paths |= {item.path for item in source.items} or target.keys
    return paths or None


def _probes(workload: Workload, place: str, container: Container) -> Iterator[Verdict]:
    handlers = {
        "readinessProbe": container.readiness_probe,
        "livenessProbe": container.liveness_probe,
        "startupProbe": container.startup_probe,
        "lifecycle.postStart": container.lifecycle.post_start,
        "lifecycle.preStop": container.lifecycle.pre_stop,
    }
    names = {item.name for item in container.ports if item.name}
    for key, handler in handlers.items():
        for action, port in _named_ports(handler):
            fault = f"the container `{container.name}` has no port `{port}`{ending(port, names)}"
            yield Verdict(workload.file, f"{place}.{key}.{action}.port", "" if port in names else fault)


def _named_ports(handler: Handler) -> Iterator[tuple[str, str]]:
    for action, probe in (("httpGet", handler.http_get), ("tcpSocket", handler.tcp_socket)):
        if probe is not None and isinstance(probe.port, str):
            yield action, probe.port


def _twice(workload: Workload, place: str, container: Container) -> Iterator[Verdict]:
    """A fault for each port that another container of the pod has too, since they share a network."""
    others = [item for item in workload.template.spec.serving() if item.name != container.name]
    taken = {(port.container_port, port.protocol): item.name for item in others for port in item.ports}
    for index, port in enumerate(container.ports):
        other = taken.get((port.container_port, port.protocol))
        if other and other < container.name:
            fault = f"the container `{other}` already has the port {port.container_port}/{port.protocol}"
            yield Verdict(workload.file, f"{place}.ports[{index}].containerPort", fault)


def _scraped(item: Object, place: str, pods: list[Workload], annotations: dict[str, str]) -> Iterator[Verdict]:
    port = annotations.get(_PORT)
    if annotations.get(_SCRAPE) != "true" or port is None:
        return
    numbers = {str(one.port) for one in item.spec.ports} if isinstance(item, Service) else set()
    numbers |= {
        str(one.container_port) for pod in pods for container in pod.template.spec.serving() for one in container.ports
    }
    fault = "" if port in numbers else f"{item} has no port {port} to scrape{ending(port, numbers)}"
    yield Verdict(item.file, f"{place}.annotations[{_PORT}]", fault)

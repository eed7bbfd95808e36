"""The kinds of proof. Each returns its evidence as text, or raises PenstockError for a broken hop."""

from __future__ import annotations

import fnmatch
import re
from pathlib import PurePosixPath

from penstock.core.errors import PenstockError
from penstock.kube.containers import Container
from penstock.kube.objects import Workload
from penstock.platform.dataflow import (
    Agree,
    Assert,
    Bucket,
    Connect,
    Instrument,
    Pipeline,
    Ref,
    SharedFile,
    Step,
    Unproven,
)
from penstock.platform.settings import Setting, Settings, resolve

_LOCAL = re.compile(r"^(?:https?://)?(?:localhost|127\.0\.0\.1):(\d+)")
_PORT = re.compile(r"(?:^|:)(\d+)/?$")
# The container runtime writes the logs of all containers there.
_CONTAINER_LOGS = PurePosixPath("/var/log/containers")
STDOUT = "stdout"
# Represents the namespaces of user applications.
_ANY_NAMESPACE = "applications"


def prove(settings: Settings, step: Step) -> str:
    """The evidence for one step of an arrow; raises PenstockError if the manifests don't confirm it."""
    if step.connect:
        return _connect(settings, step.connect)
    if step.shared_file:
        return _shared_file(settings, step.shared_file)
    if step.assert_:
        return _assert(settings, step.assert_)
    if step.agree:
        return _agree(settings, step.agree)
    if step.pipeline:
        return _pipeline(settings, step.pipeline)
    if step.bucket:
        return _bucket(settings, step.bucket)
    assert step.instrument
    return _instrument(settings, step.instrument)


def _connect(settings: Settings, hop: Connect) -> str:
    setting = settings.read(hop.from_)
    port = settings.read(hop.port).values[0] if hop.port else ""
    values = [f"{value}:{port}" if port else value for value in setting.values]
    outside = settings.replacement(hop.to.node)
    if outside:
        return f"{setting.where} = {values[0]} → {outside}"
    workload, container = settings.place(hop.to.node)
    listening = settings.read(hop.to)
    expected = _listens(listening)
    evidence, complaints = [], []
    for value in values:
        try:
            path = _route(settings, hop.from_, value, workload, container, expected, listening)
            if hop.path and not value.rstrip("/").endswith(hop.path):
                raise Unproven(f"{value}: {workload.name} answers at the path {hop.path}")
            evidence.append(f"{value} → {path} → {listening.where} = {listening.values[0]}")
        except PenstockError as error:
            complaints.append(error.message)
    if not evidence or (hop.every and complaints):
        raise Unproven(f"{setting.where}: {'; '.join(complaints)}")
    return f"{setting.where} = {'; '.join(evidence)}"


def _route(
    settings: Settings,
    sender: Ref,
    value: str,
    workload: Workload,
    container: Container,
    expected: int,
    listening: Setting,
) -> str:
    """The path from an endpoint to the expected container; raises Unproven if it leads elsewhere."""
    own, _ = settings.place(sender.node)
    local = _LOCAL.match(value)
    if local:
        if own.key != workload.key or int(local[1]) != expected:
            raise Unproven(f"{value} is port {local[1]} of the pod itself, not {workload} port {expected}")
        return f"the same pod's container {container.name}"
    target = resolve(settings, value, own.namespace)
    behind = [item for item in target.backends if item.workload.key == workload.key]
    if not behind:
        others = sorted({str(item.workload) for item in target.backends})
        raise Unproven(
            f"{value} resolves to {target.service}, and so to {', '.join(others) or 'nothing'}, not {workload}"
        )
    ports = [item.port.container_port for item in behind if item.container.name == container.name]
    if expected not in ports:
        reached = f"port {ports[0]}" if ports else f"another container than {container.name}"
        raise Unproven(f"{value} resolves to {reached} of {workload}, which listens on {expected} ({listening.where})")
    assert target.port
    return f"{target.service} port {target.port.port} → container {container.name} port {expected}"


def _listens(setting: Setting) -> int:
    match = _PORT.search(setting.values[0])
    if not match:
        raise Unproven(f"{setting.where}: {setting.values[0]} has no port to listen on")
    return int(match[1])


def _shared_file(settings: Settings, hop: SharedFile) -> str:
    reading = settings.read(hop.to)
    reader, container = settings.place(hop.to.node)
    if hop.from_.value == STDOUT:
        written = _CONTAINER_LOGS / "any.log"
        title = settings.contract.nodes[hop.from_.node].title
        evidence = f"{title} writes to stdout, which the node keeps in {_CONTAINER_LOGS}"
    else:
        setting = settings.read(hop.from_)
        writer, writing = settings.place(hop.from_.node)
        written = _on_node(writer, writing, setting.values[0])
        evidence = f"{setting.where} = {setting.values[0]}, on the node {written}"
    for pattern in reading.values:
        place = _on_node(reader, container, pattern)
        if fnmatch.fnmatch(str(written), str(place)):
            return f"{evidence} → {reading.where} = {pattern}, on the node {place}"
    raise Unproven(f"{reading.where} = {', '.join(reading.values)} does not read {written} of the node ({evidence})")


def _on_node(workload: Workload, container: Container, path: str) -> PurePosixPath:
    """The path on the node of a path in a container; raises Unproven if it isn't on a hostPath volume."""
    volumes = {volume.name: volume for volume in workload.template.spec.volumes}
    mounts = sorted(container.volume_mounts, key=lambda mount: len(mount.mount_path), reverse=True)
    for mount in mounts:
        volume = volumes.get(mount.name)
        if PurePosixPath(path).is_relative_to(mount.mount_path):
            if volume is None or volume.host_path is None:
                break
            return PurePosixPath(volume.host_path.path) / PurePosixPath(path).relative_to(mount.mount_path)
    raise Unproven(f"{workload}: {path} of container {container.name} is on no hostPath volume")


def _assert(settings: Settings, hop: Assert) -> str:
    setting = settings.read(hop.at)
    enough = all if hop.every else any
    if hop.equals is not None and not enough(value == hop.equals for value in setting.values):
        raise Unproven(f"{setting.where} is {', '.join(setting.values)}, and has to be {hop.equals}")
    if hop.contains is not None and not enough(hop.contains in value for value in setting.values):
        raise Unproven(f"{setting.where} is {', '.join(setting.values)}, and has to contain {hop.contains}")
    shown = hop.equals if hop.equals is not None else hop.contains if hop.contains is not None else setting.values[0]
    return f"{setting.where} = {shown}" if shown else setting.where


def _agree(settings: Settings, agree: Agree) -> str:
    places = [settings.read(ref) for ref in agree.at if not settings.replacement(ref.node)]
    wrong = [place for place in places if not any(_names(value, agree.value) for value in place.values)]
    if wrong:
        raise Unproven(
            f"{agree.name} is `{agree.value}`, but {wrong[0].where} has {', '.join(wrong[0].values) or 'nothing'}"
        )
    return f"{agree.name} is `{agree.value}` at {', '.join(place.where for place in places)}"


def _names(value: str, word: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", value) is not None


def _pipeline(settings: Settings, hop: Pipeline) -> str:
    for part, name in (("receivers", hop.receiver), ("exporters", hop.exporter)):
        setting = settings.read(Ref(node=hop.node, key=["service", "pipelines", hop.pipeline, part]))
        configured = settings.read(Ref(node=hop.node, key=[part])).values if "*" in name else []
        for expected in fnmatch.filter(configured, name) or [name]:
            if expected not in setting.values:
                raise Unproven(f"{setting.where} is {', '.join(setting.values)}, without {expected}")
    return f"{settings.contract.nodes[hop.node].title} pipeline {hop.pipeline}: {hop.receiver} → {hop.exporter}"


def _bucket(settings: Settings, hop: Bucket) -> str:
    setting = settings.read(hop.from_)
    bucket = setting.values[0]
    outside = settings.replacement(hop.made.node)
    if outside:
        return f"{setting.where} = {bucket}, a bucket of {outside}"
    created = settings.read(hop.made)
    names = [name for value in created.values for name in value.split(",")]
    if bucket not in names:
        raise Unproven(f"{setting.where} is {bucket}, but {created.where} creates {', '.join(names)}")
    return f"{setting.where} = {bucket}, created by {created.where}"


def _fits(name: str, glob: str) -> bool:
    """Whether a glob matches a name; braces hold alternatives."""
    braces = re.search(r"\{([^{}]*)\}", glob)
    if braces is None:
        return fnmatch.fnmatchcase(name, glob)
    return any(_fits(name, f"{glob[: braces.start()]}{one}{glob[braces.end() :]}") for one in braces[1].split(","))


def _instrument(settings: Settings, hop: Instrument) -> str:
    outside = settings.replacement(hop.application)
    namespace = _ANY_NAMESPACE if outside else settings.place(hop.application)[0].namespace
    including, excluding = settings.read(hop.including), settings.read(hop.excluding)
    if not any(_fits(namespace, glob) for glob in including.values):
        raise Unproven(f"{including.where} is {', '.join(including.values)}, without the namespace {namespace}")
    matching = [glob for glob in excluding.values if _fits(namespace, glob)]
    if matching:
        raise Unproven(f"{excluding.where} has {matching[0]}, which excludes the namespace {namespace}")
    return f"{including.where} = {', '.join(including.values)} includes the namespace {namespace}"

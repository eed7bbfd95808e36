"""From the plain values of a manifest to a typed object."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from penstock.core.model import convert
from penstock.core.yaml import parse
from penstock.kube.fields import ConfigMapData, KubeStruct, Metadata, Selector, ServiceSpec
from penstock.kube.groups import group_of
from penstock.kube.kinds import qualified
from penstock.kube.nulls import as_stored, without_nulls
from penstock.kube.objects import ConfigMap, Object, Service, Workload
from penstock.kube.pods import ClaimTemplate, PodTemplate
from penstock.kube.references import POD_TEMPLATES


class _PodController(KubeStruct, frozen=True):
    """The spec of a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController or Job."""

    template: PodTemplate
    selector: Selector | None = None
    replicas: int = 1
    service_name: str = ""
    volume_claim_templates: list[ClaimTemplate] = []


class Reader:
    """Reads objects; text that several files have in common, as those of several environments do, only once."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._objects: dict[bytes, Object] = {}

    def read(self, file: str, text: bytes) -> Object:
        """The object of a file; the errors of `parse` and of `read`."""
        if text not in self._objects:
            self._objects[text] = read(file, parse(text, file))
        return replace(self._objects[text], file=file)


def read(file: str, item: dict[str, Any]) -> Object:
    """One object; PenstockError names the file and the place of a value that has another type than Kubernetes'."""
    content = without_nulls(as_stored(item))
    kind = qualified(group_of(str(content.get("apiVersion", ""))), content["kind"])
    metadata = convert(content["metadata"], Metadata, file)
    spec = content.get("spec", {})
    if kind == "Service":
        return Service(file, kind, metadata, content, convert(spec, ServiceSpec, file))
    if kind == "ConfigMap":
        return ConfigMap(file, kind, metadata, content, convert(content, ConfigMapData, file))
    if kind == "Pod":
        template = convert(content, PodTemplate, file)
        return Workload(file, kind, metadata, content, "", template, None, 1, "", ())
    if kind == "ReplicationController":  # its selector has no matchLabels
        spec = {key: value for key, value in spec.items() if key != "selector"}
    found = Object(file, kind, metadata, content)
    if kind == "CronJob":
        spec = spec.get("jobTemplate", {}).get("spec", {})
    return _workload(found, spec, POD_TEMPLATES[kind]) if kind in POD_TEMPLATES else found


def _workload(item: Object, spec: dict[str, Any], path: str) -> Workload:
    found = convert(spec, _PodController, item.file)
    return Workload(
        item.file,
        item.kind,
        item.metadata,
        item.content,
        path,
        found.template,
        found.selector,
        found.replicas,
        found.service_name,
        tuple(found.volume_claim_templates),
    )

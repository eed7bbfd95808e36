"""Conversion of the plain values of a manifest to a typed object."""

from __future__ import annotations

from penstock.core.model import convert
from penstock.kube.fields import ConfigMapData, ServiceSpec
from penstock.kube.nulls import as_stored, without_nulls
from penstock.kube.objects import ConfigMap, Object, Service, Workload
from penstock.kube.pods import PodController, PodTemplate
from penstock.kube.references import POD_TEMPLATES


def read(item: Object) -> Object:
    """An object without its nulls, as a Service, ConfigMap or Workload if it is one.

    Raises PenstockError with the file and the path of a value of the wrong type.
    """
    component, file, content = item.component, item.file, without_nulls(as_stored(item.content))
    found = Object(component, content, file=file)
    kind, _ = found.kind, found.metadata
    spec = content.get("spec", {})
    if kind == "Service":
        return Service(component, content, convert(spec, ServiceSpec, file), file=file)
    if kind == "ConfigMap":
        return ConfigMap(component, content, convert(content, ConfigMapData, file), file=file)
    if kind not in POD_TEMPLATES:
        return found
    if kind == "Pod":
        controller = PodController(convert(content, PodTemplate, file))
    else:
        if kind == "ReplicationController":  # its selector has no matchLabels
            spec = {key: value for key, value in spec.items() if key != "selector"}
        if kind == "CronJob":
            spec = spec.get("jobTemplate", {}).get("spec", {})
        controller = convert(spec, PodController, file)
    return Workload(component, content, controller, file=file)

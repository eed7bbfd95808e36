"""Synthetic platforms: the shape of the shipped one, with any number of components."""

from __future__ import annotations

import shutil
from pathlib import Path

from penstock.platform.layout import ENGINE, Layout

ENVIRONMENT = "bench"

_HELMFILE = """\
environments:
  bench: {}

helmfiles:
  - path: components/*/helmfile.yaml.gotmpl
"""

_BASE = """\
cluster:
  name: bench
  domain: cluster.local

registry: registry.example.org
"""

_ENVIRONMENT = """\
kubernetes:
  version: "1.35.5"
  apiVersions:
    - gateway.networking.k8s.io/v1
"""

_CHART = """\
apiVersion: v2
name: service
version: 0.1.0
description: A Deployment and the Service in front of it
"""

_SCHEMA = """\
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "global": {"type": "object"},
    "image": {"type": "string", "minLength": 1},
    "replicas": {"type": "integer", "minimum": 0},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "env": {"type": "object", "additionalProperties": {"type": "string"}},
    "resources": {"type": "object"}
  }
}
"""

_VALUES = """\
image: ""
replicas: 1
port: 8080
env: {}
resources: {}
"""

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .Release.Name }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ .Release.Name }}
    spec:
      containers:
        - name: main
          image: {{ required "image is missing" .Values.image }}
          ports:
            - name: http
              containerPort: {{ .Values.port }}
          env:
            {{- range $name, $value := .Values.env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"""

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  selector:
    app.kubernetes.io/name: {{ .Release.Name }}
  ports:
    - name: http
      port: 80
      targetPort: http
"""

_COMPONENT = """\
bases:
  - ../../environments/helmfile.yaml.gotmpl

releases:
  - name: %s
    namespace: default
    chart: ../../charts/service
    values:
      - values.yaml
"""


def make(folder: Path, count: int) -> Layout:
    """Create a platform of `count` components in an empty folder; each renders a Deployment and a Service."""
    layout = Layout(folder)
    files = {
        "helmfile.yaml": _HELMFILE,
        "environments/base.yaml": _BASE,
        f"environments/{ENVIRONMENT}.yaml": _ENVIRONMENT,
        "charts/service/Chart.yaml": _CHART,
        "charts/service/values.yaml": _VALUES,
        "charts/service/values.schema.json": _SCHEMA,
        "charts/service/templates/deployment.yaml": _DEPLOYMENT,
        "charts/service/templates/service.yaml": _SERVICE,
    }
    for number in range(count):
        files[f"components/{name(number)}/helmfile.yaml.gotmpl"] = _COMPONENT % name(number)
        files[f"components/{name(number)}/values.yaml"] = values(number, 0)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    # The common base of all components is the shipped one.
    shutil.copyfile(Layout(ENGINE).environments / "helmfile.yaml.gotmpl", layout.environments / "helmfile.yaml.gotmpl")
    return layout


def name(number: int) -> str:
    """Return the name of a component and of its release: c0042."""
    return f"c{number:04d}"


def values(number: int, revision: int) -> str:
    """Return a component's values.yaml; a different `revision` changes one value."""
    return f"""\
image: registry.example.org/{name(number)}:1.{number}.{revision}
replicas: {number % 3 + 1}
port: {8000 + number % 100}
env:
  NAME: {name(number)}
  LEVEL: info
resources:
  requests:
    cpu: {10 + number % 90}m
    memory: 64Mi
"""

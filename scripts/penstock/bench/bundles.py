"""Components as large as upstream charts: four programs each, added to a copy of the shipped platform."""

from __future__ import annotations

import shutil
from pathlib import Path

from penstock.platform import environments, lineage
from penstock.platform.layout import ENGINE, Layout
from penstock.policies.contract import FILE as CONNECTIONS
from penstock.promotion.edit import Own, edited

# The folders of a platform; the YAML files and READMEs at its root are copied too.
_FOLDERS = ("charts", "components", "docs", "environments", "manifests")
_PROGRAMS = ("server", "controller", "webhook", "repository")

_CHART = """\
apiVersion: v2
name: bundle
version: 0.1.0
description: Four programs with their accounts, rights, configuration, dashboards and definitions
"""

_COMPONENT = """\
bases:
  - ../../environments/helmfile.yaml.gotmpl

releases:
  - name: {name}
    namespace: {name}
    chart: ../../charts/bundle
    values:
      - values.yaml
"""

_PROGRAM = """\
{{- range list "server" "controller" "webhook" "repository" }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ . }}
  namespace: {{ $.Release.Namespace }}
spec:
  selector:
    matchLabels: &labels
      app.kubernetes.io/instance: {{ $.Release.Name }}
      app.kubernetes.io/component: {{ . }}
  template:
    metadata:
      labels: *labels
    spec:
      serviceAccountName: {{ . }}
      containers:
        - name: main
          image: registry.example.org/{{ . }}:1.0.0
          args: [--config=/etc/main/config.yaml, --server=http://server.{{ $.Release.Namespace }}.svc:80]
          ports:
            - {name: http, containerPort: 8080}
            - {name: metrics, containerPort: 9090}
          readinessProbe:
            httpGet: {path: /ready, port: http}
          volumeMounts:
            - {name: config, mountPath: /etc/main}
      volumes:
        - name: config
          configMap: {name: {{ . }}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ . }}
  namespace: {{ $.Release.Namespace }}
spec:
  selector:
    app.kubernetes.io/instance: {{ $.Release.Name }}
    app.kubernetes.io/component: {{ . }}
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: metrics, port: 9090, targetPort: metrics}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ . }}
  namespace: {{ $.Release.Namespace }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ $.Release.Name }}-{{ . }}
rules:
  - apiGroups: [""]
    resources: [configmaps, secrets, services]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $.Release.Name }}-{{ . }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ $.Release.Name }}-{{ . }}
subjects:
  - kind: ServiceAccount
    name: {{ . }}
    namespace: {{ $.Release.Namespace }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ . }}
  namespace: {{ $.Release.Namespace }}
data:
  config.yaml: |
    listen: ":8080"
    repository: http://repository.{{ $.Release.Namespace }}.svc:80
    {{- range until 200 }}
    option-{{ . }}: a value of some length, as configurations have them
    {{- end }}
{{- end }}
"""

_LARGE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: {{ .Release.Namespace }}
{{- range $number := until 4 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: dashboard-{{ $number }}
  namespace: {{ $.Release.Namespace }}
data:
  dashboard.json: |
    {"panels": [
    {{- range $panel := until 120 }}
      {{ if $panel }},{{ end }}{"title": "Panel {{ $panel }}", "targets": [
        {"expr": "sum by (pod) (rate(requests_total{namespace=\\"{{ $.Release.Namespace }}\\",code=~\\"5..\\"}[5m]))"},
        {"expr": "histogram_quantile(0.99, sum by (le) (rate(seconds_bucket{job=\\"server\\"}[5m])))"}]}
    {{- end }}
    ]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things{{ $number }}.{{ $.Release.Name }}.example.org
spec:
  group: {{ $.Release.Name }}.example.org
  scope: Namespaced
  names: {kind: Thing{{ $number }}, plural: things{{ $number }}, singular: thing{{ $number }}}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                {{- range until 40 }}
                part{{ . }}:
                  description: A part of the thing, with as many words about it as upstream definitions have
                  type: object
                  properties:
                    {{- range until 8 }}
                    field{{ . }}:
                      description: |-
                        What the field is for, what its default is, and which other fields it excludes.
                        More at https://example.org/docs/fields.
                      type: string
                    {{- end }}
                {{- end }}
{{- end }}
"""


def copy(folder: Path) -> Layout:
    """Copy the shipped platform into a new folder, without its pins: the copy has no history to read them from."""
    layout = Layout(ENGINE)
    for name in _FOLDERS:
        shutil.copytree(layout.root / name, folder / name)
    for path in [*layout.root.glob("*.yaml"), *layout.root.glob("README*.md")]:
        shutil.copyfile(path, folder / path.name)
    copied = Layout(folder)
    for name in environments.names(copied):
        path = lineage.lineage(copied, name)[-1].path
        path.write_text(edited(path.read_text(), copied.relative(path), Own()))
    return copied


def add(layout: Layout, count: int) -> None:
    """Add `count` such components, without hydrating them or generating their policies."""
    files = {
        "charts/bundle/Chart.yaml": _CHART,
        "charts/bundle/values.yaml": "{}\n",
        "charts/bundle/templates/programs.yaml": _PROGRAM,
        "charts/bundle/templates/large.yaml": _LARGE,
    }
    for number in range(count):
        name = f"bundle-{number:02d}"
        files[f"components/{name}/helmfile.yaml.gotmpl"] = _COMPONENT.format(name=name)
        files[f"components/{name}/values.yaml"] = "{}\n"
        files[f"components/{name}/README.md"] = f"# {name}\n"
    for path, text in files.items():
        (layout.root / path).parent.mkdir(parents=True, exist_ok=True)
        (layout.root / path).write_text(text)
    with (layout.root / CONNECTIONS).open("a") as connections:
        connections.writelines(_edge(number, *peers) for number in range(count) for peers in _calls())


def _calls() -> list[tuple[str, str]]:
    """Edges from every program of a bundle to its server and its repository."""
    return [(sender, receiver) for sender in _PROGRAMS for receiver in ("server", "repository") if sender != receiver]


def _edge(number: int, sender: str, receiver: str) -> str:
    name = f"bundle-{number:02d}"
    return f"  - {{from: {name}/{sender}, to: {name}/{receiver}, ports: [http], reason: one program}}\n"

"""The chart of a synthetic service, with the objects that a typical component renders."""

from __future__ import annotations

CHART = """\
apiVersion: v2
name: app
version: 0.1.0
description: A service with its configuration, its account and its budget
"""

VALUES = """\
image: ""
replicas: 1
token: false
upstreams: []
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  labels: &labels
    app.kubernetes.io/name: {{ .Release.Name }}
    app.kubernetes.io/instance: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
      annotations:
        checksum/config: {{ .Values.upstreams | toJson | sha256sum }}
    spec:
      serviceAccountName: {{ .Release.Name }}
      automountServiceAccountToken: {{ .Values.token }}
      priorityClassName: system-cluster-critical
      containers:
        - name: app
          image: {{ required "image is missing" .Values.image }}
          args: [--config=/etc/app/config.yaml, --listen=:8080]
          env:
            - name: UPSTREAM
              value: {{ first .Values.upstreams | default "" | quote }}
            - name: GOMEMLIMIT
              value: 90MiB
          ports:
            - {name: http, containerPort: 8080}
            - {name: http-metrics, containerPort: 9090}
          readinessProbe:
            httpGet: {path: /ready, port: http}
          resources:
            requests: {cpu: 10m, memory: 64Mi}
            limits: {memory: 128Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: config, mountPath: /etc/app}
      volumes:
        - name: config
          configMap: {name: {{ .Release.Name }}}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: *labels
"""

OTHERS = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  selector:
    app.kubernetes.io/name: {{ .Release.Name }}
    app.kubernetes.io/instance: {{ .Release.Name }}
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: http-metrics, port: 9090, targetPort: http-metrics}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
automountServiceAccountToken: {{ .Values.token }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  config.yaml: |
    listen: ":8080"
    log: {level: info, format: json}
    {{- with .Values.upstreams }}
    upstreams:
      {{- range . }}
      - url: {{ . }}/api/v1
        timeout: 10s
        retries: 3
      {{- end }}
    {{- end }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .Release.Name }}
      app.kubernetes.io/instance: {{ .Release.Name }}
"""

{{/* A container with the restricted defaults under what it says itself: its own keys win, one by one. */}}
{{- define "workload.container" -}}
{{- $defaults := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- $own := deepCopy (.securityContext | default dict) -}}
{{- toYaml (set (deepCopy .) "securityContext" (mergeOverwrite $defaults $own)) }}
{{- end }}

{{/* A list of containers. */}}
{{- define "workload.containers" -}}
{{- range . }}
- {{ include "workload.container" . | nindent 2 | trim }}
{{- end }}
{{- end }}

{{/* The pod template, the same for every kind. */}}
{{- define "workload.podTemplate" -}}
{{- $pod := .Values.pod -}}
metadata:
  labels:
    {{- include "workload.labels" . | nindent 4 }}
    {{- with $pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if or $pod.annotations .Values.configMaps }}
  annotations:
    {{- with .Values.configMaps }}
    {{- /* Pods read their files once: a changed file has to change the template to reach them. */}}
    checksum/config: {{ toJson . | sha256sum }}
    {{- end }}
    {{- with $pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ .Release.Name }}
  {{- if has .Values.kind (list "Job" "CronJob") }}
  restartPolicy: {{ $pod.restartPolicy | default "OnFailure" }}
  {{- end }}
  {{- toYaml (omit $pod "labels" "annotations" "restartPolicy" "initContainers" "containers" "topologySpreadConstraints") | nindent 2 }}
  {{- with $pod.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{ toYaml . | nindent 6 | trim }}
      {{- if not .labelSelector }}
      labelSelector:
        matchLabels:
          {{- include "workload.selector" $ | nindent 10 }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with $pod.initContainers }}
  initContainers:
    {{- include "workload.containers" . | trim | nindent 4 }}
  {{- end }}
  containers:
    {{- include "workload.containers" $pod.containers | trim | nindent 4 }}
{{- end }}

{{/* What a selector selects by. Selectors can't be changed later, so nothing else ever joins these two. */}}
{{- define "workload.selector" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of every object. No chart version: a new chart would then change every object and restart every pod. */}}
{{- define "workload.labels" -}}
{{ include "workload.selector" . }}
{{- with .Values.component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/part-of: {{ .Values.partOf | default .Release.Namespace }}
{{- end }}

{{/* The metadata of a namespaced object. Takes a list: the root context, the name. */}}
{{- define "workload.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "workload.labels" $root | nindent 2 }}
{{- end }}

{{/* The metadata of the workload itself: it alone takes further labels and annotations. */}}
{{- define "workload.workloadMetadata" -}}
{{ include "workload.metadata" (list . .Release.Name) }}
{{- with .Values.labels }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

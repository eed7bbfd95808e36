{{- define "gateway.labels" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/part-of: gateway
{{- end }}

{{/* Only namespaces that have a reason to may put a route on this Gateway: every one knows its own name as a label. */}}
{{- define "gateway.allowedRoutes" -}}
{{- $namespaces := .Values.namespaces -}}
{{- range .Values.routes }}{{ $namespaces = append $namespaces .namespace }}{{ end -}}
allowedRoutes:
  kinds:
    - kind: HTTPRoute
  namespaces:
    {{- if $namespaces }}
    from: Selector
    selector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: In
          values: {{ $namespaces | uniq | sortAlpha | toJson }}
    {{- else }}
    from: Same
    {{- end }}
{{- end }}

{{/* The labels of an object. Takes its part's name. No chart version: a new chart would then restart every pod. */}}
{{- define "cilium.labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: cilium
{{- end }}

{{/*
Flux leaves these objects alone even when they vanish from Git: without them the nodes have no network, and nothing that
could put it right would start.
*/}}
{{- define "cilium.keep" -}}
kustomize.toolkit.fluxcd.io/prune: disabled
{{- end }}

{{/* The API server's own address: the Service `kubernetes` works only once Cilium does. */}}
{{- define "cilium.apiServerEnv" -}}
- name: KUBERNETES_SERVICE_HOST
  value: {{ .Values.apiServer.host | quote }}
- name: KUBERNETES_SERVICE_PORT
  value: {{ .Values.apiServer.port | quote }}
{{- end }}

{{/*
apiVersion is the API server's default. A fieldRef is applied as a whole: without it, a second field manager that applies these
bytes would get a conflict.
*/}}
{{- define "cilium.identityEnv" -}}
- name: K8S_NODE_NAME
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: spec.nodeName
- name: CILIUM_K8S_NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
{{- end }}

{{/* What a container that needs no privilege gets. */}}
{{- define "cilium.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}

{{/* The same for its pod. Takes the user. */}}
{{- define "cilium.restrictedPod" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* A Role or ClusterRole's binding to a service account of the release. Takes: root, kind of the role, name, account. */}}
{{- define "cilium.binding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ index . 1 }}
  name: {{ index . 2 }}
subjects:
  - kind: ServiceAccount
    name: {{ index . 3 }}
    namespace: {{ (index . 0).Release.Namespace }}
{{- end }}

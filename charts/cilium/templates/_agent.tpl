{{/* A probe of the agent's own health. Takes further HTTP headers. */}}
{{- define "cilium.agent.probe" -}}
httpGet:
  host: 127.0.0.1
  path: /healthz
  port: health
  httpHeaders:
    {{- range $name, $value := merge (dict "brief" "true") . }}
    - name: {{ $name }}
      value: {{ $value | quote }}
    {{- end }}
{{- end }}

{{/*
A script of an init container that runs a program of the image on the node itself: nsenter changes to the node's mounts,
where the image isn't, so the program is put beside the CNI plugins for a moment. Takes: program, namespaces, arguments.
*/}}
{{- define "cilium.agent.onNode" -}}
- |
  cp /usr/bin/{{ index . 0 }} /hostbin/{{ index . 0 }}
  nsenter {{ index . 1 }} /opt/cni/bin/{{ index . 0 }}{{ index . 2 }}
  rm /hostbin/{{ index . 0 }}
{{- end }}

{{- define "cilium.agent.enterNode" -}}
seLinuxOptions:
  level: s0
  type: spc_t
capabilities:
  drop: [ALL]
  # Entering the namespaces of the node's first process, and mounting there.
  add: [SYS_ADMIN, SYS_CHROOT, SYS_PTRACE]
{{- end }}

{{/* What every init container has. Takes the root context, the name. */}}
{{- define "cilium.agent.initBase" -}}
name: {{ index . 1 }}
image: {{ (index . 0).Values.images.agent }}
terminationMessagePolicy: FallbackToLogsOnError
resources:
  {{- toYaml (index . 0).Values.resources.init | nindent 2 }}
{{- end }}

{{/* The init containers, in the order in which they have to run. */}}
{{- define "cilium.agent.init" -}}
# Writes cilium-config, and what a CiliumNodeConfig says of this node, one file for each key.
- {{ include "cilium.agent.initBase" (list . "config") | nindent 2 | trim }}
  command: [cilium-dbg, build-config, --k8s-api-server-urls=]
  env:
    {{- include "cilium.identityEnv" . | nindent 4 }}
    {{- include "cilium.apiServerEnv" . | nindent 4 }}
  securityContext:
    capabilities:
      drop: [ALL]
      # It asks the kernel what the network can do.
      add: [NET_ADMIN]
  volumeMounts:
    - name: tmp
      mountPath: /tmp
# A cgroup v2 file system of Cilium's own, for the programs that stand in for kube-proxy at a pod's sockets.
- {{ include "cilium.agent.initBase" (list . "mount-cgroup") | nindent 2 | trim }}
  command: [bash, -euc]
  args:
    {{- include "cilium.agent.onNode" (list "cilium-mount" "--cgroup=/hostproc/1/ns/cgroup --mount=/hostproc/1/ns/mnt" " /run/cilium/cgroupv2") | nindent 4 }}
  securityContext:
    {{- include "cilium.agent.enterNode" . | nindent 4 }}
  volumeMounts: &node
    - name: hostproc
      mountPath: /hostproc
    - name: cni-path
      mountPath: /hostbin
# systemd's rp_filter would drop the packets of pods.
- {{ include "cilium.agent.initBase" (list . "apply-sysctl-overwrites") | nindent 2 | trim }}
  command: [bash, -euc]
  args:
    {{- include "cilium.agent.onNode" (list "cilium-sysctlfix" "--mount=/hostproc/1/ns/mnt" "") | nindent 4 }}
  securityContext:
    {{- include "cilium.agent.enterNode" . | nindent 4 }}
  volumeMounts: *node
# BPF maps outlive the agent only in a file system of the node's.
- {{ include "cilium.agent.initBase" (list . "mount-bpf-fs") | nindent 2 | trim }}
  command: [bash, -euc]
  args:
    - grep -q '^[^ ]* /sys/fs/bpf bpf ' /proc/self/mounts || mount -t bpf bpf /sys/fs/bpf
  securityContext:
    # Kubernetes gives a mount that reaches back to the node (Bidirectional) to a privileged container alone.
    privileged: true
  volumeMounts:
    - name: bpf-maps
      mountPath: /sys/fs/bpf
      mountPropagation: Bidirectional
# Takes a CNI configuration of an earlier life away, and all state where cilium-config says so.
- {{ include "cilium.agent.initBase" (list . "clean-cilium-state") | nindent 2 | trim }}
  command: [/init-container.sh]
  env:
    {{- range $name, $key := dict "CILIUM_ALL_STATE" "clean-cilium-state" "CILIUM_BPF_STATE" "clean-cilium-bpf-state" "WRITE_CNI_CONF_WHEN_READY" "write-cni-conf-when-ready" }}
    - name: {{ $name }}
      valueFrom:
        configMapKeyRef:
          name: cilium-config
          key: {{ $key }}
          optional: true
    {{- end }}
    {{- include "cilium.apiServerEnv" . | nindent 4 }}
  securityContext:
    seLinuxOptions:
      level: s0
      type: spc_t
    capabilities:
      drop: [ALL]
      # Programs, maps and interfaces are taken away with what they were made with.
      add: [NET_ADMIN, SYS_ADMIN, SYS_MODULE, SYS_RESOURCE]
  volumeMounts:
    - name: bpf-maps
      mountPath: /sys/fs/bpf
    - name: cilium-cgroup
      mountPath: /run/cilium/cgroupv2
      mountPropagation: HostToContainer
    - name: cilium-run
      mountPath: /var/run/cilium
# The CNI plugin, for the kubelet's container runtime to call.
- {{ include "cilium.agent.initBase" (list . "install-cni-binaries") | nindent 2 | trim }}
  command: [/install-plugin.sh]
  securityContext:
    seLinuxOptions:
      level: s0
      type: spc_t
    capabilities:
      drop: [ALL]
  volumeMounts:
    - name: cni-path
      mountPath: /host/opt/cni/bin
{{- end }}

{{/*
The data of the ConfigMap cilium-config: what Cilium's own chart sets, with the same values unless a comment says why not.
Keys whose value is the program's default are here too: chart and program differ in places, and what is written does not
change with the next version by itself. A key that is left out on purpose stands in a line `# not set: KEY: why`, and the
chart's test knows those lines.
*/}}
{{- define "cilium.config.own" -}}
{{- $eni := eq .Values.ipam "eni" -}}
{{- $host := .Values.gateway.hostNetwork -}}
{{- $export := .Values.hubble.export -}}
# Identity, cluster, addresses, routing.
auto-direct-node-routes: "false"
cluster-id: "0"
cluster-name: {{ .Values.cluster.name | quote }}
datapath-mode: "veth"
devices: ""
direct-routing-skip-unreachable: "false"
enable-ipv4: "true"
enable-ipv4-big-tcp: "false"
# Addresses of the VPC are routable in it, and leave it by its own NAT gateway.
enable-ipv4-masquerade: {{ not $eni | quote }}
enable-ipv6: "false"
enable-ipv6-big-tcp: "false"
enable-ipv6-masquerade: "true"
enable-l2-neigh-discovery: "false"
enable-masquerade-to-route-source: "false"
enable-source-ip-verification: "true"
identity-allocation-mode: "crd"
identity-gc-interval: "15m0s"
identity-heartbeat-timeout: "30m0s"
identity-management-mode: "agent"
install-no-conntrack-iptables-rules: "false"
ipam: {{ .Values.ipam | quote }}
ipam-cilium-node-update-rate: "15s"
iptables-random-fully: "false"
# `ipam: kubernetes` waits for the range of its node by itself.
k8s-require-ipv4-pod-cidr: "false"
k8s-require-ipv6-pod-cidr: "false"
max-connected-clusters: "255"
packetization-layer-pmtud-mode: "blackhole"
policy-default-local-cluster: "true"
routing-mode: {{ ternary "native" "tunnel" $eni | quote }}
synchronize-k8s-nodes: "true"
tunnel-protocol: "vxlan"
tunnel-source-port-range: "0-0"
{{- if $eni }}
auto-create-cilium-node-resource: "true"
ec2-api-endpoint: ""
enable-endpoint-routes: "true"
eni-tags: "{}"
{{- end }}

# Services without kube-proxy. enable-bpf-masquerade stays unset: with it, packets pass by the iptables rules of the node,
# and the DNS of k3d's and kind's nodes is such a rule.
bpf-lb-acceleration: "disabled"
bpf-lb-algorithm-annotation: "true"
bpf-lb-external-clusterip: "false"
bpf-lb-map-max: "65536"
bpf-lb-mode-annotation: "false"
bpf-lb-sock: "false"
# Cilium's own chart says "true" beside a Gateway, and network policies then fail in 1.20 (cilium/cilium#48104). The price:
# the weights of TCPRoute and UDPRoute, which nothing here uses, may not apply.
bpf-lb-sock-hostns-only: "false"
bpf-lb-source-range-all-types: "false"
default-lb-service-ipam: "lbipam"
enable-auto-protect-node-port-range: "true"
enable-dynamic-source-lookup-nodeport: "false"
enable-health-check-loadbalancer-ip: "false"
enable-health-check-nodeport: "true"
enable-lb-ipam: "true"
enable-no-service-endpoints-routable: "true"
enable-service-topology: "false"
kube-proxy-replacement: "true"
kube-proxy-replacement-healthz-bind-address: ""
nat-map-stats-entries: "32"
nat-map-stats-interval: "30s"
node-port-bind-protection: "true"
nodeport-addresses: ""
service-no-backend-response: "reject"

# BPF and paths of the node.
bpf-distributed-lru: "false"
bpf-events-drop-enabled: "true"
bpf-events-policy-verdict-enabled: "true"
bpf-events-trace-enabled: "true"
bpf-map-dynamic-size-ratio: "0.0025"
bpf-policy-map-max: "16384"
bpf-policy-stats-map-max: "65536"
bpf-root: "/sys/fs/bpf"
cgroup-root: "/run/cilium/cgroupv2"
datapath-plugins-state-dir: "/var/run/cilium/plugins"
enable-bpf-clock-probe: "false"
enable-datapath-plugins: "false"
enable-sctp: "false"
# Beyla hangs its own programs on the same interfaces: with TCX both stay.
enable-tcx: "true"
monitor-aggregation: "medium"
monitor-aggregation-flags: "all"
monitor-aggregation-interval: "5s"
preallocate-bpf-maps: "false"
procfs: "/host/proc"

# CNI.
cni-exclusive: "true"
cni-log-file: "/var/run/cilium/cilium-cni.log"
# not set: custom-cni-conf: nothing in the sources of 1.20.2 reads it, neither program nor script
write-cni-conf-when-ready: "/host/etc/cni/net.d/05-cilium.conflist"

# Gateway, and the Envoy that runs inside the agent.
enable-envoy-config: "true"
enable-gateway-api: "true"
enable-gateway-api-alpn: "false"
enable-gateway-api-app-protocol: "false"
enable-gateway-api-proxy-protocol: "false"
enable-gateway-api-secrets-sync: "true"
enable-l7-proxy: "true"
enable-xt-socket-fallback: "true"
envoy-access-log-buffer-size: "4096"
envoy-access-log-enabled: "true"
envoy-base-id: "0"
envoy-config-retry-interval: "15s"
# Ports 80 and 443 of the node: with the capability NET_BIND_SERVICE of the agent's container, which Envoy inherits.
envoy-keep-cap-netbindservice: {{ $host.enabled | quote }}
envoy-node-locality-enabled: "false"
envoy-xds-mode: "ads"
external-envoy-proxy: "false"
gateway-api-hostnetwork-enabled: {{ $host.enabled | quote }}
gateway-api-hostnetwork-nodelabelselector: {{ $host.nodeSelector | quote }}
gateway-api-secrets-namespace: "cilium-secrets"
gateway-api-service-externaltrafficpolicy: "Cluster"
gateway-api-use-remote-address: "true"
gateway-api-xff-num-trusted-hops: "0"
http-retry-count: "3"
http-stream-idle-timeout: "300"
proxy-cluster-max-connections: "1024"
proxy-cluster-max-pending-requests: "1024"
proxy-cluster-max-requests: "1024"
proxy-connect-timeout: "2"
proxy-idle-timeout-seconds: "60"
proxy-initial-fetch-timeout: "30"
proxy-max-active-downstream-connections: "50000"
proxy-max-concurrent-retries: "128"
proxy-max-connection-duration-seconds: "0"
proxy-max-requests-per-connection: "0"
proxy-prometheus-port: "9964"
proxy-use-original-source-address: "true"
proxy-xff-num-trusted-hops-egress: "0"
proxy-xff-num-trusted-hops-ingress: "0"

# Hubble. Only OpenMetrics carries exemplars.
enable-hubble: "true"
enable-hubble-open-metrics: "true"
hubble-disable-tls: "false"
hubble-export-aggregation-interval: "0s"
hubble-export-allowlist: {{ include "cilium.filters" $export.allow | quote }}
hubble-export-denylist: {{ include "cilium.filters" $export.deny | quote }}
hubble-export-fieldaggregate: ""
hubble-export-fieldmask: {{ join " " $export.fields | quote }}
hubble-export-file-compress: "false"
hubble-export-file-max-backups: "5"
hubble-export-file-max-size-mb: "10"
hubble-export-file-path: "/var/run/cilium/hubble/events.log"
hubble-listen-address: ":4244"
hubble-metrics: {{ join " " .Values.hubble.metrics | quote }}
hubble-metrics-server: ":9965"
# Prometheus scrapes the node's own address, as it does node-exporter's.
hubble-metrics-server-enable-tls: "false"
hubble-network-policy-correlation-enabled: "true"
hubble-socket-path: "/var/run/cilium/hubble.sock"
hubble-tls-cert-file: "/var/lib/cilium/tls/hubble/server.crt"
hubble-tls-client-ca-files: "/var/lib/cilium/tls/hubble/client-ca.crt"
hubble-tls-key-file: "/var/lib/cilium/tls/hubble/server.key"

# Metrics and health.
controller-group-metrics: "write-cni-file sync-host-ips sync-lb-maps-with-k8s-services"
enable-endpoint-health-checking: "true"
enable-health-checking: "true"
enable-metrics: "true"
health-check-icmp-failure-threshold: "3"
metrics-sampling-interval: "5m"
operator-api-serve-addr: "127.0.0.1:9234"
operator-prometheus-serve-addr: ":9963"
prometheus-serve-addr: ":9962"

# Policy and the DNS proxy.
dnsproxy-enable-transparent-mode: "true"
dnsproxy-socket-linger-timeout: "10"
enable-endpoint-lockdown-on-policy-overflow: "false"
enable-host-firewall: "false"
enable-k8s-networkpolicy: "true"
enable-node-selector-labels: "false"
enable-non-default-deny-policies: "true"
enable-policy: "default"
enable-policy-secrets-sync: "true"
enable-well-known-identities: "false"
mesh-auth-enabled: "false"
mesh-auth-gc-interval: "5m0s"
mesh-auth-queue-size: "1024"
mesh-auth-rotated-identities-queue-size: "1024"
policy-cidr-match-mode: ""
policy-deny-response: "none"
policy-secrets-namespace: "cilium-secrets"
policy-secrets-only-from-secrets-namespace: "true"
tofqdns-dns-reject-response-code: "refused"
tofqdns-enable-dns-compression: "true"
tofqdns-endpoint-max-ip-per-hostname: "1000"
tofqdns-idle-connection-grace-period: "0s"
tofqdns-max-deferred-connection-deletes: "10000"
tofqdns-preallocate-identities: "true"
tofqdns-proxy-response-max-delay: "100ms"

# The operator, nodes, and what this platform doesn't use.
agent-not-ready-taint-key: "node.cilium.io/agent-not-ready"
cilium-endpoint-gc-interval: "5m0s"
clustermesh-cache-ttl: "0s"
clustermesh-default-global-namespace: "true"
clustermesh-enable-endpoint-sync: "false"
clustermesh-enable-mcs-api: "false"
clustermesh-mcs-api-install-crds: "false"
debug: "false"
debug-verbose: ""
egress-gateway-reconciliation-trigger-interval: "1s"
enable-drift-checker: "true"
enable-dynamic-config: "true"
enable-vtep: "false"
nodes-gc-interval: "5m0s"
remove-cilium-node-taints: "true"
set-cilium-is-up-condition: "true"
set-cilium-node-taints: "true"
unmanaged-pod-watcher-interval: "15s"
# not set: vtep-cidr: enable-vtep is false, and an empty network is no network
# not set: vtep-endpoint: the same
# not set: vtep-mac: the same
# not set: vtep-mask: the same
{{- end }}

{{/* FlowFilters as Hubble reads them: JSON objects one after another, without commas. */}}
{{- define "cilium.filters" -}}
{{- range $i, $filter := . }}{{ if $i }} {{ end }}{{ toJson $filter }}{{ end -}}
{{- end }}

{{/* The whole data as JSON, the values' own keys over the chart's. */}}
{{- define "cilium.config" -}}
{{- toJson (mergeOverwrite (include "cilium.config.own" . | fromYaml) .Values.config) }}
{{- end }}

{{/* The programs read their configuration once: a changed key has to change the pods to reach them. */}}
{{- define "cilium.checksum" -}}
checksum/config: {{ include "cilium.config" . | sha256sum }}
{{- end }}

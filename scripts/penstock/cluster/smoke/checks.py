"""All checks, in an order that lets later ones depend on earlier ones."""

from __future__ import annotations

from penstock.cluster.smoke import api, buckets, network, policy, telemetry
from penstock.cluster.smoke.check import Check

# Cloud buckets aren't checked: they need other credentials.
_STORE = ("StatefulSet", "object-storage", "object-storage")
CHECKS = [
    Check("nodes", api.nodes, "kubectl describe nodes: conditions and events", pods=False),
    Check(
        "kustomizations",
        api.kustomizations,
        "inv status; kubectl -n flux-system describe kustomization NAME",
        seconds=180,
        pods=False,
    ),
    Check(
        "unchanged",
        api.unchanged,
        "inv sync if manifests/ was edited; else find the writer: kubectl get KIND NAME -o yaml --show-managed-fields",
        seconds=120,
        pods=False,
    ),
    Check(
        "kube-proxy",
        network.kube_proxy,
        "kubectl -n kube-system logs daemonset/cilium -c cilium-agent; the cluster must not have a kube-proxy",
        needs=("DaemonSet", "kube-system", "cilium"),
    ),
    Check("dns", network.names, "components/coredns, kubectl -n kube-system logs -l k8s-app=kube-dns", seconds=120),
    Check(
        "services",
        policy.services,
        "kubectl -n kube-system exec daemonset/cilium -c cilium-agent -- cilium-dbg service list, and its log",
        seconds=120,
        needs=("DaemonSet", "kube-system", "cilium"),
    ),
    Check(
        "policy",
        policy.policy,
        "kubectl -n kube-system exec daemonset/cilium -c cilium-agent -- cilium-dbg endpoint list, and its log",
        seconds=120,
        needs=("DaemonSet", "kube-system", "cilium"),
    ),
    Check(
        "hosts",
        network.hosts,
        "kubectl -n gateway describe gateway platform, and the HTTPRoute of that name; check --address",
        seconds=120,
        needs=("Gateway", "gateway", "platform"),
        proves=("envoy",),
    ),
    Check(
        "flows",
        network.flows,
        "kubectl -n kube-system logs daemonset/cilium -c cilium-agent, and deployment/hubble-relay",
        needs=("Deployment", "kube-system", "hubble-relay"),
    ),
    Check(
        "hubble-ui",
        network.hubble_ui,
        "kubectl -n kube-system logs deployment/hubble-ui -c frontend, and its HTTPRoute",
        needs=("Deployment", "kube-system", "hubble-ui"),
        proves=("envoy", "hubble-ui"),
    ),
    Check(
        "trace",
        telemetry.trace,
        "docs/runbooks/CollectorExportFailing.md and docs/runbooks/TempoRequestsFailing.md",
        seconds=90,
        needs=("StatefulSet", "observability", "tempo"),
        proves=("tempo",),
    ),
    Check(
        "log",
        telemetry.log,
        "docs/runbooks/CollectorExportFailing.md and docs/runbooks/LokiRequestsFailing.md",
        seconds=90,
        needs=("StatefulSet", "observability", "loki"),
        proves=("loki",),
    ),
    Check(
        "metric",
        telemetry.metric,
        "docs/runbooks/CollectorExportFailing.md and docs/runbooks/ThanosEndpointMissing.md",
        seconds=120,
        needs=("StatefulSet", "observability", "prometheus"),
    ),
    Check(
        "beyla",
        telemetry.beyla,
        "kubectl -n observability-agents logs daemonset/beyla",
        seconds=180,
        needs=("Deployment", "demo", "api"),
        proves=("beyla", "fortio"),
    ),
    Check(
        "datasources",
        telemetry.datasources,
        "kubectl -n observability logs deployment/grafana",
        seconds=120,
        needs=("Deployment", "observability", "grafana"),
        proves=("grafana", "alertmanager", "loki", "tempo"),
    ),
    Check(
        "bucket-logs",
        buckets.logs,
        "docs/runbooks/LokiFlushFailing.md; kubectl -n object-storage logs statefulset/object-storage",
        seconds=120,
        needs=_STORE,
        proves=("loki",),
    ),
    Check(
        "bucket-traces",
        buckets.traces,
        "docs/runbooks/TempoFlushFailing.md; kubectl -n object-storage logs statefulset/object-storage",
        seconds=300,
        needs=_STORE,
        proves=("tempo",),
    ),
    Check(
        "bucket-metrics",
        buckets.metrics,
        "docs/runbooks/ThanosUploadFailing.md; kubectl -n object-storage logs statefulset/object-storage",
        seconds=480,
        needs=_STORE,
    ),
]

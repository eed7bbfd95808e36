"""All checks, in the order in which one leads to the next."""

from __future__ import annotations

from penstock.cluster.smoke import api, buckets, network, policy, telemetry
from penstock.cluster.smoke.check import Check

# A cloud's own buckets are not asked: it has other keys, and other ways to look into them.
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
        "inv sync if manifests/ was edited; who else changes it? kubectl get KIND NAME -o yaml --show-managed-fields",
        seconds=120,
        pods=False,
    ),
    Check(
        "kube-proxy",
        network.kube_proxy,
        "kubectl -n kube-system logs daemonset/cilium -c cilium-agent; was the cluster made without kube-proxy?",
        wants=("DaemonSet", "kube-system", "cilium"),
    ),
    Check("dns", network.names, "components/coredns, kubectl -n kube-system logs -l k8s-app=kube-dns", seconds=120),
    Check(
        "services",
        policy.services,
        "kubectl -n kube-system exec daemonset/cilium -c cilium-agent -- cilium-dbg service list, and its log",
        seconds=120,
        wants=("DaemonSet", "kube-system", "cilium"),
    ),
    Check(
        "policy",
        policy.policy,
        "kubectl -n kube-system exec daemonset/cilium -c cilium-agent -- cilium-dbg endpoint list, and its log",
        seconds=120,
        wants=("DaemonSet", "kube-system", "cilium"),
    ),
    Check(
        "hosts",
        network.hosts,
        "kubectl -n gateway describe gateway platform, and the HTTPRoute of that name; is --address where it listens?",
        seconds=120,
        wants=("Gateway", "gateway", "platform"),
    ),
    Check(
        "flows",
        network.flows,
        "kubectl -n kube-system logs daemonset/cilium -c cilium-agent, and deployment/hubble-relay",
        wants=("Deployment", "kube-system", "hubble-relay"),
    ),
    Check(
        "hubble-ui",
        network.hubble_ui,
        "kubectl -n kube-system logs deployment/hubble-ui -c frontend, and the HTTPRoute that leads to it",
        wants=("Deployment", "kube-system", "hubble-ui"),
    ),
    Check(
        "trace",
        telemetry.trace,
        "docs/runbooks/CollectorExportFailing.md and docs/runbooks/TempoRequestsFailing.md",
        seconds=90,
        wants=("StatefulSet", "observability", "tempo"),
    ),
    Check(
        "log",
        telemetry.log,
        "docs/runbooks/CollectorExportFailing.md and docs/runbooks/LokiRequestsFailing.md",
        seconds=90,
        wants=("StatefulSet", "observability", "loki"),
    ),
    Check(
        "metric",
        telemetry.metric,
        "docs/runbooks/CollectorExportFailing.md and docs/runbooks/ThanosEndpointMissing.md",
        seconds=120,
        wants=("StatefulSet", "observability", "prometheus"),
    ),
    Check(
        "beyla",
        telemetry.beyla,
        "kubectl -n observability-agents logs daemonset/beyla",
        seconds=180,
        wants=("Deployment", "demo", "api"),
    ),
    Check(
        "datasources",
        telemetry.datasources,
        "kubectl -n observability logs deployment/grafana",
        seconds=120,
        wants=("Deployment", "observability", "grafana"),
    ),
    Check(
        "bucket-logs",
        buckets.logs,
        "docs/runbooks/LokiFlushFailing.md; kubectl -n object-storage logs statefulset/object-storage",
        seconds=120,
        wants=_STORE,
    ),
    Check(
        "bucket-traces",
        buckets.traces,
        "docs/runbooks/TempoFlushFailing.md; kubectl -n object-storage logs statefulset/object-storage",
        seconds=300,
        wants=_STORE,
    ),
    Check(
        "bucket-metrics",
        buckets.metrics,
        "docs/runbooks/ThanosUploadFailing.md; kubectl -n object-storage logs statefulset/object-storage",
        seconds=480,
        wants=_STORE,
    ),
]

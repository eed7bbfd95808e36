"""Synthetic platforms for the gates: services that call each other, with policies, in three environments."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from penstock.bench import service_chart as chart
from penstock.bench.synthetic import name
from penstock.gates.dataflow import pictures
from penstock.platform.layout import ENGINE, Layout

ENVIRONMENTS = ("small", "staging", "production")
# Components per namespace; one in _ARROWS sends by an arrow of dataflow.yaml, one in _TOKENS calls the API server.
_TOGETHER, _ARROWS, _TOKENS = 10, 10, 5

_BASE = """\
cluster:
  name: bench
  domain: cluster.local
"""

_ENVIRONMENT = """\
kubernetes:
  version: "1.35.5"
  apiVersions: []
replicas: %d
"""

_COMPONENT = """\
bases:
  - ../../environments/helmfile.yaml.gotmpl

releases:
  - name: %s
    namespace: %s
    chart: ../../charts/app
    values:
      - values.yaml.gotmpl
"""

_KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
"""

# Stands in for Cilium's operator, which creates the kind of the policies.
_OPERATOR = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: cilium-config
  namespace: kube-system
  annotations:
    penstock/defines: cilium.io/CiliumNetworkPolicy Namespaced
data: {}
"""

_CONNECTIONS = {
    "peers": {
        "dns": {"pods": "kube-system", "labels": {"k8s-app": "kube-dns"}},
        "api-server": {"entities": ["kube-apiserver"]},
        "gateway": {"entities": ["ingress"]},
        "nodes": {"entities": ["host", "remote-node"]},
        "internet": {"entities": ["world"]},
    },
    "dns": {"to": "dns", "ports": [53, "53/UDP"]},
    "api": {"to": "api-server", "ports": [443, 6443]},
    "gateway": "gateway",
    "nodes": "nodes",
    "outside": {"to": "internet", "ports": [443]},
    "scrapes": {"from": f"{'team-00'}/{'c0000'}", "portName": "http-metrics", "annotation": "prometheus.io"},
}


def make(folder: Path, count: int) -> Layout:
    """Create a platform of `count` services in an empty folder, without hydrating it or generating its policies.

    Each service calls the previous one and the one at half its number, and the first scrapes all: a few have many
    callers, most have few.
    """
    layout = Layout(folder)
    files = {**_frame(), **_contracts(count), **_namespaces(count)}
    for number in range(count):
        place = f"components/{name(number)}"
        files[f"{place}/helmfile.yaml.gotmpl"] = _COMPONENT % (name(number), namespace(number))
        files[f"{place}/values.yaml.gotmpl"] = _values(number)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    shutil.copyfile(Layout(ENGINE).environments / "helmfile.yaml.gotmpl", layout.environments / "helmfile.yaml.gotmpl")
    return layout


def namespace(number: int) -> str:
    """Return the namespace of a component."""
    return f"team-{number // _TOGETHER:02d}"


def upstreams(number: int) -> list[int]:
    """Return the components that a component calls."""
    return sorted({number - 1, number // 2} - {number, -1})


def _frame() -> dict[str, str]:
    listed = "".join(f"  {one}: {{}}\n" for one in ENVIRONMENTS)
    return {
        "helmfile.yaml": f"environments:\n{listed}\nhelmfiles:\n  - path: components/*/helmfile.yaml.gotmpl\n",
        "environments/base.yaml": _BASE,
        **{f"environments/{one}.yaml": _ENVIRONMENT % (index + 1) for index, one in enumerate(ENVIRONMENTS)},
        "charts/app/Chart.yaml": chart.CHART,
        "charts/app/values.yaml": chart.VALUES,
        "charts/app/templates/deployment.yaml": chart.DEPLOYMENT,
        "charts/app/templates/others.yaml": chart.OTHERS,
        "docs/concepts.md": f"{pictures.BEGIN}\n{pictures.END}\n",
    }


def _values(number: int) -> str:
    called = [f"http://{name(one)}.{namespace(one)}.svc.cluster.local" for one in upstreams(number)]
    return f"""\
image: registry.example.org/{name(number)}:1.{number}.0
replicas: {{{{ .Values.replicas }}}}
token: {"false" if number % _TOKENS else "true"}
upstreams: {_json(called)}
"""


def _namespaces(count: int) -> dict[str, str]:
    """Return the files of the components `namespaces` and `operator`, which defines the kind of the policies."""
    spaces = "---\n".join(
        f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {one}\n"
        for one in sorted(set(map(namespace, range(count))))
    )
    files = {}
    for component, text in (("namespaces", spaces), ("operator", _OPERATOR)):
        folder = f"components/{component}/kustomize"
        files[f"{folder}/base/objects.yaml"] = text
        files[f"{folder}/base/kustomization.yaml"] = f"{_KUSTOMIZATION}  - objects.yaml\n"
        for one in ENVIRONMENTS:
            files[f"{folder}/overlays/{one}/kustomization.yaml"] = f"{_KUSTOMIZATION}  - ../../base\n"
    return files


def _contracts(count: int) -> dict[str, str]:
    nodes = {}
    for number in range(count):
        nodes[name(number)] = {
            "title": name(number),
            "workload": f"{namespace(number)}/{name(number)}",
            "container": "app",
            "config": "/etc/app/config.yaml",
        }
    senders = range(1, count, _ARROWS)
    used = {name(one) for number in senders for one in (number, upstreams(number)[0])}
    edges = [
        {
            "from": f"{namespace(number)}/{name(number)}",
            "to": f"{namespace(one)}/{name(one)}",
            "ports": ["http"],
            "reason": "its upstream",
        }
        for number in range(count)
        for one in upstreams(number)
    ]
    dataflow = {
        "nodes": {key: value for key, value in nodes.items() if key in used},
        "arrows": [_arrow(number, upstreams(number)[0]) for number in senders],
    }
    return {"connections.yaml": _json({**_CONNECTIONS, "edges": edges}), "dataflow.yaml": _json(dataflow)}


def _arrow(sender: int, receiver: int) -> dict[str, object]:
    hop = {
        "from": {"node": name(sender), "key": "upstreams[*].url"},
        "to": {"node": name(receiver), "key": "listen"},
    }
    return {
        "from": name(sender),
        "to": name(receiver),
        "carries": f"calls of {name(sender)}",
        "protocol": "HTTP",
        "proof": [{"connect": hop}],
    }


def _json(value: object) -> str:
    """Return JSON, which is also YAML."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()

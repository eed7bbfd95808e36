"""The dataflow gate: proves every hop of a valid platform, and reports a broken hop."""

from __future__ import annotations

import contextlib
import shutil

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.gates.dataflow import pictures
from penstock.gates.dataflow.gate import dataflow
from penstock.gates.examples import FOLDER, Example, read
from penstock.platform import dataflow as contract
from penstock.platform.layout import ENGINE
from penstock.verbs.diagram import diagram
from support import Platform, found, prove

FLOW = "manifests/local/flow"

BROKEN = read(ENGINE / FOLDER / "broken-dataflow.yaml")


@pytest.fixture
def flow(platform: object, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The platform a-dataflow with its pictures, as the working directory."""
    made: Platform = platform("a-dataflow")  # type: ignore[operator]
    monkeypatch.chdir(made.root)
    diagram(only_print=False)
    return made


def findings() -> list[str]:
    with pytest.raises(Findings) as caught:
        prove(dataflow)
    return caught.value.findings


def test_every_hop_is_proven_with_its_evidence(flow: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    prove(dataflow)
    said = capsys.readouterr().err
    assert "local: 6 arrows, every hop proven" in said
    assert (
        "local: Agent → Archive (everything)\n"
        "    Agent pipeline all: tail → http\n"
        "    town/agent agent.yaml: exporters.http.host = archive.town.svc.cluster.local:3100 → Service town/archive "
        "port 3100 → container archive port 3100 → town/archive archive.yaml: server.listen = 0.0.0.0:3100\n"
    ) in said
    assert "town/archive archive.yaml: bucket.name = logs, created by town/store -bucket" in said
    assert "on the node /var/run/tracer/events.log" in said


AGENT, TRACER, ARCHIVE = (
    f"{FLOW}/configmap-agent.yaml",
    f"{FLOW}/configmap-tracer.yaml",
    f"{FLOW}/configmap-archive.yaml",
)
PODS, SERVICE = f"{FLOW}/daemonset-agent.yaml", f"{FLOW}/service-archive.yaml"
LOGS, SPANS, FLOWS = "Application → Agent (logs)", "Application → Tracer (spans)", "Tracer → Agent (flows)"
PUSH, BLOCKS, ASK = "Agent → Archive (everything)", "Archive → Store (blocks)", "Sidecar → Archive (questions)"
SENDING = "town/agent agent.yaml: exporters.http.host"


@pytest.mark.parametrize(
    ("path", "old", "new", "arrow", "said"),
    [
        (
            AGENT,
            "/var/log/containers/",
            "/var/log/pods/",
            LOGS,
            "sharedFile: town/agent agent.yaml: inputs[name=tail].path = /var/log/pods/*.log does "
            "not read /var/log/containers/any.log of the node (Application writes to stdout, which the node keeps in "
            "/var/log/containers)",
        ),
        (
            PODS,
            "{name: logs, hostPath: {path: /var/log}}",
            "{name: logs, emptyDir: {}}",
            LOGS,
            "sharedFile: DaemonSet town/agent: /var/log/containers/*.log of container agent is on no hostPath volume",
        ),
        (
            TRACER,
            "kube-*",
            "town",
            SPANS,
            "instrument: town/agent tracer.yaml: leave[*].namespace has town, which excludes the namespace town",
        ),
        (
            TRACER,
            "kube-*",
            "'{kube-*,to*}'",
            SPANS,
            "instrument: town/agent tracer.yaml: leave[*].namespace has {kube-*,to*}, which excludes the namespace "
            "town",
        ),
        (
            TRACER,
            '"*"',
            "city",
            SPANS,
            "instrument: town/agent tracer.yaml: choose[*].namespace is city, without the namespace town",
        ),
        (
            TRACER,
            "flow-file: /var/run/tracer/events.log",
            "flow-file: /var/run/tracer/flows.log",
            FLOWS,
            "sharedFile: town/agent agent.yaml: inputs[name=flows].path = /flows/events.log does not "
            "read /var/run/tracer/flows.log of the node (ConfigMap town/tracer flow-file = /var/run/tracer/flows.log, "
            "on the node /var/run/tracer/flows.log)",
        ),
        (
            TRACER,
            "flow-file:",
            "flowfile:",
            FLOWS,
            "sharedFile: ConfigMap town/tracer has no key flow-file; did you mean `flowfile`?",
        ),
        (
            AGENT,
            "receivers: [tail, flows]",
            "receivers: [flows]",
            PUSH,
            "pipeline: town/agent agent.yaml: service.pipelines.all.receivers is flows, without tail",
        ),
        (
            AGENT,
            "host: archive.town",
            "host: archiv.town",
            PUSH,
            f"connect: {SENDING}: archiv.town.svc.cluster.local:3100: there is no Service "
            "town/archiv; did you mean `archive`?",
        ),
        (
            AGENT,
            "port: 3100",
            "port: 3200",
            PUSH,
            f"connect: {SENDING}: archive.town.svc.cluster.local:3200: Service town/archive "
            "has no port 3200; it has 3100 (http), 9095 (grpc)",
        ),
        (
            AGENT,
            "host: archive.town",
            "host: store.town",
            PUSH,
            f"connect: {SENDING}: store.town.svc.cluster.local:3100: Service town/store has "
            "no port 3100; it has 8333 (s3)",
        ),
        (
            AGENT,
            "host: archive.town.svc.cluster.local, port: 3100",
            "host: store.town.svc.cluster.local, port: 8333",
            PUSH,
            f"connect: {SENDING}: store.town.svc.cluster.local:8333 resolves to Service "
            "town/store, and so to StatefulSet town/store, not StatefulSet town/archive",
        ),
        (
            AGENT,
            "host: archive.town.svc.cluster.local, port: 3100",
            "host: archive.example.org, port: 3100",
            PUSH,
            f"connect: {SENDING}: archive.example.org:3100 is no name of this cluster",
        ),
        (
            AGENT,
            "      http: {",
            "      htp: {",
            PUSH,
            f"connect: {SENDING}: there is no `http`; did you mean `htp`?",
        ),
        (
            AGENT,
            "port: 3100",
            "port: 9095",
            PUSH,
            f"connect: {SENDING}: archive.town.svc.cluster.local:9095 resolves to port 9095 of "
            "StatefulSet town/archive, which listens on 3100 (town/archive archive.yaml: server.listen)",
        ),
        (
            SERVICE,
            "selector: {app: archive}",
            "selector: {app: nobody}",
            PUSH,
            f"connect: {SENDING}: archive.town.svc.cluster.local:3100 resolves to Service "
            "town/archive, and so to nothing, not StatefulSet town/archive",
        ),
        (
            PODS,
            "/push",
            "/pull",
            PUSH,
            "connect: town/agent $ARCHIVE: http://archive:3100/pull: archive answers at the path /push",
        ),
        (
            PODS,
            "name: ARCHIVE",
            "name: ARCHIV",
            PUSH,
            "connect: town/agent: container agent has no variable ARCHIVE; did you mean `ARCHIV`?",
        ),
        (
            f"{FLOW}/statefulset-archive.yaml",
            "--accept=push",
            "--accept=pull",
            PUSH,
            "assert: town/archive --accept is pull, and has to be push",
        ),
        (
            f"{FLOW}/statefulset-archive.yaml",
            "--accept=push",
            "--acept=push",
            PUSH,
            "assert: town/archive: container archive has no argument --accept; did you mean `--acept`?",
        ),
        (
            ARCHIVE,
            "trace: trace_id",
            "trace: traceID",
            PUSH,
            "agree: the trace id is `trace_id`, but town/archive archive.yaml: labels.trace has traceID",
        ),
        (
            ARCHIVE,
            "name: logs",
            "name: logz",
            BLOCKS,
            "bucket: town/archive archive.yaml: bucket.name is logz, but town/store -bucket creates logs, traces",
        ),
        (
            f"{FLOW}/statefulset-archive.yaml",
            "http://localhost:3100",
            "http://localhost:9095",
            ASK,
            "connect: town/archive --url: http://localhost:9095 is port 9095 of the pod "
            "itself, not StatefulSet town/archive port 3100",
        ),
    ],
)
def test_a_broken_hop_is_reported(flow: Platform, path: str, old: str, new: str, arrow: str, said: str) -> None:
    flow.replace(path, old, new)
    assert f"local: {arrow}: {said}" in findings()


def test_one_of_several_endpoints_is_enough_without_every(flow: Platform) -> None:
    one = '"store.town.svc.cluster.local:8333"'
    flow.replace(ARCHIVE, f"endpoint: {one}", f'endpoint: [{one}, "archive.town.svc.cluster.local:3100"]')
    prove(dataflow)
    flow.replace(
        "dataflow.yaml",
        "{node: archive, key: bucket.endpoint}",
        '{node: archive, key: "bucket.end*"}\n          every: true',
    )
    assert findings() == [
        f"local: {BLOCKS}: connect: town/archive archive.yaml: bucket.end*: archive.town.svc.cluster.local:3100 "
        "resolves to Service town/archive, and so to StatefulSet town/archive, not StatefulSet town/store"
    ]


def test_a_pipeline_has_every_component_that_matches(flow: Platform) -> None:
    flow.replace(AGENT, "      http: {host", "      http/2: {}\n      http: {host")
    prove(dataflow)
    flow.replace("dataflow.yaml", "exporter: http}", 'exporter: "http*"}')
    assert findings() == [
        f"local: {PUSH}: pipeline: town/agent agent.yaml: service.pipelines.all.exporters is http, without http/2"
    ]


def test_an_assertion_with_every(flow: Platform) -> None:
    flow.replace(f"{FLOW}/statefulset-archive.yaml", "args: [--accept=push]", "args: [--accept=push, --accept=pull]")
    prove(dataflow)
    flow.replace("dataflow.yaml", "arg: --accept}, equals: push}", "arg: --accept}, equals: push, every: true}")
    assert findings() == [f"local: {PUSH}: assert: town/archive --accept is push, pull, and has to be push"]


def test_nodes_outside_of_an_environment_are_reported(flow: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    flow.replace(
        "dataflow.yaml",
        "    container: store\n",
        "    container: store\n    outside: {local: the S3 of a cloud}\n",
    )
    (flow.root / FLOW / "statefulset-store.yaml").unlink()
    capsys.readouterr()
    prove(dataflow)
    said = capsys.readouterr().err
    assert "bucket.endpoint = store.town.svc.cluster.local:8333 → the S3 of a cloud" in said
    assert "bucket.name = logs, a bucket of the S3 of a cloud" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    to: store\n",
            "    to: stor\n",
            "dataflow.yaml: the arrow archive → stor: unknown node `stor`; did you mean `store`?",
        ),
        (
            "    protocol: stdout\n    proof:\n      - sharedFile:\n"
            "          from: {node: application, value: stdout}\n"
            '          to: {node: agent, key: "inputs[name=tail].path"}\n',
            "    protocol: stdout\n    proof: []\n",
            "dataflow.yaml: the arrow application → agent has no proof",
        ),
        (
            "      - assert: {at: {node: archive, arg: --accept}, equals: push}\n",
            "      - {}\n",
            "dataflow.yaml: the arrow agent → archive: a step needs exactly one kind of proof",
        ),
        (
            "arrows:\n",
            "  lost: {title: Lost, workload: town/lost, container: lost}\narrows:\n",
            "dataflow.yaml: no arrow connects the node `lost`",
        ),
    ],
)
def test_an_invalid_contract(flow: Platform, old: str, new: str, said: str) -> None:
    flow.replace("dataflow.yaml", old, new)
    with pytest.raises(Findings) as caught:
        contract.read(flow.root)
    assert said in caught.value.findings


def test_an_unknown_environment_is_reported(flow: Platform) -> None:
    flow.replace("dataflow.yaml", "    container: store\n", "    container: store\n    outside: {locl: a cloud}\n")
    said = "dataflow.yaml: the node `store`: outside: unknown environment `locl`; did you mean `local`?"
    assert findings() == [said]


def test_a_hop_broken_in_two_environments_is_one_finding(flow: Platform) -> None:
    flow.replace("helmfile.yaml", "local: {}", "local: {}\n  remote: {}")
    shutil.copytree(flow.tree, flow.root / "manifests" / "remote")
    shutil.copy(flow.root / "environments" / "local.yaml", flow.root / "environments" / "remote.yaml")
    for name in ("local", "remote"):
        flow.replace(ARCHIVE.replace("/local/", f"/{name}/"), "name: logs", "name: lgs")
    (found,) = findings()
    assert found.startswith("local, remote: Archive → Store (blocks): bucket: ")


def test_an_unknown_key_of_the_contract(flow: Platform) -> None:
    flow.replace("dataflow.yaml", "    title: Store\n", "    titel: Store\n")
    with pytest.raises(PenstockError, match=r"dataflow\.yaml.*unknown key `titel`"):
        prove(dataflow)


def test_a_platform_without_a_contract(flow: Platform) -> None:
    (flow.root / "dataflow.yaml").unlink()
    with pytest.raises(PenstockError, match=r"dataflow\.yaml does not exist"):
        prove(dataflow)


def test_the_picture_has_a_box_for_every_node_and_an_arrow_for_every_arrow(flow: Platform) -> None:
    drawn = pictures.mermaid(contract.read(flow.root))
    assert drawn.startswith('flowchart LR\n  subgraph g0["Sources"]\n    application["Application"]\n')
    assert drawn.endswith('  sidecar -->|"questions"| archive')
    assert drawn.count("-->") == 6


def test_a_stale_picture_is_reported_and_redrawn(flow: Platform) -> None:
    flow.replace("dataflow.yaml", "title: Store", "title: Warehouse")
    pages = ("README.md", "docs/concepts.md")
    assert findings() == [f"{page}: the picture differs from dataflow.yaml" for page in pages]
    diagram(only_print=False)
    with contextlib.chdir(flow.root):
        prove(dataflow)


def test_a_page_without_markers(flow: Platform) -> None:
    (flow.root / "README.md").write_text("# Town\n")
    with pytest.raises(PenstockError, match=r"README\.md: the markers of the picture are missing"):
        diagram(only_print=False)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.mistake)
def test_a_mistake_is_reported(broken: Example, flow: Platform) -> None:
    flow.replace(broken.file, broken.old, broken.new)
    assert [str(finding) for finding in found(dataflow) if finding.rule == broken.rule] == broken.says

"""Network policies from the contract: what is written, that it lets through what is asked for, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from penstock.core import yaml
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import ENGINE
from penstock.core.yaml import parse
from penstock.gates import network_policies as gate
from penstock.gates.examples import FOLDER, Example, read
from penstock.platform import dataflow as contract
from penstock.platform.rendered import rendered
from penstock.policies import contract as network
from penstock.policies import expected
from penstock.verbs.diagram import diagram
from penstock.verbs.network_policies import network_policies
from support import PLATFORMS, Platform, copy_platform, found, prove

SOURCES = "components/network-policies/kustomize/overlays/local"
POLICIES = "manifests/local/network-policies"
AGENT = f"{POLICIES}/ciliumnetworkpolicy-agent.yaml"
ARCHIVE = f"{POLICIES}/ciliumnetworkpolicy-archive.yaml"
STORE = f"{POLICIES}/ciliumnetworkpolicy-store.yaml"
APPLICATION = f"{POLICIES}/ciliumnetworkpolicy-application.yaml"
FLOW = "components/flow/kustomize/overlays/local"


@pytest.fixture(scope="module")
def written(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town of the dataflow's lesson as sources, hydrated, with its policies written."""
    made = copy_platform("a-town-with-connections", tmp_path_factory.mktemp("town") / "platform")
    lesson = PLATFORMS / "a-dataflow"
    shutil.copytree(lesson, made.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifests"))
    shutil.copytree(lesson / "manifests" / "local" / "flow", made.root / FLOW, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.root)
        diagram(only_print=False)
        network_policies()
    return made.root


@pytest.fixture
def town(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A copy of it, and we stand in it."""
    made = Platform(Path(shutil.copytree(written, tmp_path.resolve() / "town")))
    monkeypatch.chdir(made.root)
    return made


def findings() -> list[str]:
    with pytest.raises(Findings) as caught:
        prove(gate.network_policies)
    return caught.value.findings


def test_what_connects_in_the_town(town: Platform) -> None:
    connections = network.read(town.root)
    assert connections
    found = expected.connections(contract.read(town.root), connections, rendered(town.layout, "local"))
    assert sorted(f"{item}: {item.reason}" for item in found) == [
        "ingress → town/archive 3100: requests from outside, by archive.example.org",
        "pods of other namespaces → town/agent 4317: what people send",
        "town/agent → host and remote-node 9100: metrics",
        "town/agent → kube-apiserver 443: its token: the API",
        "town/agent → kube-system/kube-dns 53/UDP: names",
        "town/agent → kube-system/kube-dns 53: names",
        "town/agent → pods of other namespaces any port: what people show",
        "town/agent → town/application 8080: metrics",
        "town/agent → town/archive 3100: Agent → Archive (everything)",
        "town/application → host and 192.0.2.7/32 80: its role",
        "town/application → kube-apiserver 443: its token: the API",
        "town/application → kube-system/kube-dns 53/UDP: names",
        "town/application → kube-system/kube-dns 53: names",
        "town/archive → kube-system/kube-dns 53/UDP: names",
        "town/archive → kube-system/kube-dns 53: names",
        "town/archive → town/store 8333: Archive → Store (blocks)",
        "town/store → kube-system/kube-dns 53/UDP: names",
        "town/store → kube-system/kube-dns 53: names",
        "town/store → town/store 9094/UDP: replicas",
    ]


def test_the_policies_let_through_that_and_nothing_else(town: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    prove(gate.network_policies)
    assert "local: 19 connections let through at both ends by 5 policies, " in capsys.readouterr().err


def test_the_reason_stands_above_each_rule(town: Platform) -> None:
    assert town.text("../../" + SOURCES + "/town.yaml").startswith(
        "# Written by `inv network-policies` from dataflow.yaml, connections.yaml and the manifests: edit those.\n"
        "# Whatever no other policy allows. An empty rule allows nothing.\n"
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: default-deny\n  namespace: town\n"
        "spec:\n  endpointSelector: {}\n  ingress:\n    - {}\n  egress:\n    - {}\n---\n"
    )
    assert (
        "    # Archive → Store (blocks)\n    - toEndpoints:\n        - matchLabels:\n"
        "            k8s:io.kubernetes.pod.namespace: town\n            app: store\n"
        '      toPorts:\n        - ports:\n            - port: "8333"\n              protocol: TCP\n'
    ) in town.text("../../" + SOURCES + "/town.yaml")


def test_a_new_arrow_and_the_verb_are_all_that_it_takes(town: Platform) -> None:
    town.replace(
        "dataflow.yaml",
        "  - from: sidecar\n",
        "  - from: agent\n    to: store\n    carries: shortcuts\n    protocol: S3\n    proof:\n"
        "      - connect:\n          from: {node: agent, value: 'http://store:8333'}\n"
        "          to: {node: store, value: ':8333', reason: its default}\n  - from: sidecar\n",
    )
    diagram(only_print=False)
    arrow = "town/agent → town/store 8333 (Agent → Store (shortcuts))"
    assert findings() == [f"local: {arrow}: no policy lets it out of town/agent"]
    network_policies()
    prove(gate.network_policies)
    assert "k8s:io.kubernetes.pod.namespace: town" in town.text("network-policies/ciliumnetworkpolicy-store.yaml")


def test_the_verb_changes_nothing_the_second_time(town: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    before = town.files(".")
    network_policies()
    assert town.files(".") == before
    assert "components/network-policies: no files changed" in capsys.readouterr().err


def test_a_store_outside_is_reached_in_the_world_and_its_role_is_asked_for(town: Platform) -> None:
    town.replace("dataflow.yaml", "    container: store\n", "    container: store\n    outside: {local: a cloud}\n")
    diagram(only_print=False)
    blocks = "Archive → Store (blocks)"
    assert [line for line in findings() if "lets it" in line] == [
        f"local: town/archive → host 80 (its role in the cloud): {OUT} town/archive",
        f"local: town/archive → world 8333 ({blocks}): {OUT} town/archive",
        f"local: town/archive → 192.0.2.7/32 80 (its role in the cloud): {OUT} town/archive",
    ]


def test_an_edge_that_goes_takes_its_rule_along(town: Platform) -> None:
    town.replace("connections.yaml", "  - {from: town/store, to: town/store, ports: [gossip], reason: replicas}\n", "")
    said = "gets through, and nothing asks for it"
    assert findings() == [
        f"local: town/store → town/store 9094/UDP {said}",
        f"local: town/store → kube-system/kube-dns 53 {said}",
        f"local: town/store → kube-system/kube-dns 53/UDP {said}",
    ]
    network_policies()
    prove(gate.network_policies)
    assert "egress" not in town.text("network-policies/ciliumnetworkpolicy-store.yaml")


OUT, IN = "no policy lets it out of", "no policy lets it in to"
BLOCKS = "town/archive → town/store 8333 (Archive → Store (blocks))"


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        # The port of an edge, or the label of its other end, at either end of it.
        (ARCHIVE, 'port: "8333"', 'port: "8334"', f"{BLOCKS}: {OUT} town/archive"),
        (STORE, 'port: "8333"', 'port: "8334"', f"{BLOCKS}: {IN} town/store"),
        (STORE, "app: archive", "app: archiv", f"{BLOCKS}: {IN} town/store"),
        (
            STORE,
            "pod.namespace: kube-system",
            "pod.namespace: city",
            f"town/store → kube-system/kube-dns 53 (names): {OUT} town/store",
        ),
        # One that is about other pods: its own have only what denies everything.
        (STORE, "      app: store\n  ingress", "      app: stores\n  ingress", f"{BLOCKS}: {IN} town/store"),
        (
            ARCHIVE,
            "- ingress",
            "- world",
            f"ingress → town/archive 3100 (requests from outside, by archive.example.org): {IN} town/archive",
        ),
        (
            AGENT,
            "- kube-apiserver",
            "- remote-node",
            f"town/agent → kube-apiserver 443 (its token: the API): {OUT} town/agent",
        ),
        (
            AGENT,
            "protocol: UDP",
            "protocol: TCP",
            f"town/agent → kube-system/kube-dns 53/UDP (names): {OUT} town/agent",
        ),
        (AGENT, "- host\n", "", f"town/agent → host 9100 (metrics): {OUT} town/agent"),
        (
            APPLICATION,
            "192.0.2.7/32",
            "192.0.2.8/32",
            f"town/application → 192.0.2.7/32 80 (its role): {OUT} town/application",
        ),
        # Too much.
        (
            ARCHIVE,
            "- ingress",
            "- ingress\n    - world",
            "world → town/archive 3100 gets through, and nothing asks for it",
        ),
        (
            AGENT,
            "operator: Exists",
            "operator: DoesNotExist",
            f"town/agent → pods of other namespaces 1 (what people show): {OUT} town/agent",
        ),
    ],
)
def test_a_policy_that_is_wrong(town: Platform, path: str, old: str, new: str, said: str) -> None:
    town.replace(path, old, new)
    assert f"local: {said}" in findings()


def test_a_key_that_would_change_what_a_policy_does_is_not_passed_over(town: Platform) -> None:
    town.replace(STORE, "    toPorts:", "    icmps: []\n    toPorts:")
    (found,) = findings()
    assert found == f"local: {STORE}: unknown key `icmps` (in egress[0])"


def test_every_rule_is_needed(town: Platform) -> None:
    """Without any one of them, some connection is refused."""
    for path in sorted((town.root / POLICIES).glob("ciliumnetworkpolicy-*.yaml")):
        whole = path.read_text()
        policy = parse(whole, path.name)
        for section in ("ingress", "egress"):
            for number, rule in enumerate(policy["spec"].get(section, [])):
                if rule:
                    broken = parse(whole, path.name)
                    del broken["spec"][section][number]
                    path.write_text(yaml.dump(broken))
                    assert any("no policy lets it" in line for line in findings()), (path.name, section, rule)
        path.write_text(whole)
    prove(gate.network_policies)


def test_without_the_policy_that_denies_only_what_no_other_is_about_is_open(town: Platform) -> None:
    (town.root / f"{POLICIES}/ciliumnetworkpolicy-default-deny.yaml").unlink()
    (town.root / APPLICATION).unlink()
    found = findings()
    assert "local: town/application → world 1 gets through, and nothing asks for it" in found
    assert "local: world → town/application 1 gets through, and nothing asks for it" in found
    assert not any(line.startswith("local: world → town/archive") for line in found)


def test_rules_of_several_policies_add_up(town: Platform) -> None:
    """Those of Kubernetes' own kind count too, and who is in another namespace."""
    town.write(
        f"{POLICIES}/networkpolicy-more.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: more, namespace: town}\n"
        "spec:\n  podSelector: {matchLabels: {app: store}}\n  policyTypes: [Ingress]\n"
        "  ingress:\n"
        "    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]\n"
        "      ports: [{port: s3}]\n    - from: [{podSelector: {matchLabels: {app: agent}}}]\n",
    )
    said = "gets through, and nothing asks for it"
    # The agent's own policy lets it out to nobody but those it has to reach.
    assert findings() == [
        f"local: kube-system/operator → town/store 8333 {said}",
        f"local: kube-system/kube-dns → town/store 8333 {said}",
    ]


def test_an_address_that_a_program_has_and_may_not_reach(town: Platform) -> None:
    town.replace(f"{FLOW}/daemonset-agent.yaml", "env: [", 'env: [{name: SIDE, value: "http://archive:9095"}, ')
    town.hydrate()
    assert findings() == [
        "local: town/agent: env.SIDE names http://archive:9095, which is StatefulSet town/archive 9095: "
        f"{OUT} town/agent"
    ]


def test_sources_that_are_not_what_the_verb_writes(town: Platform) -> None:
    town.replace(f"{SOURCES}/town.yaml", "# Archive → Store (blocks)", "# because")
    town.write("components/network-policies/notes.txt", "mine\n")
    assert findings() == [
        "components/network-policies/notes.txt: is no longer generated",
        f"{SOURCES}/town.yaml: differs from what dataflow.yaml, connections.yaml and the manifests give",
    ]
    network_policies()
    prove(gate.network_policies)


def test_an_entity_that_means_everything_lets_everything_through(town: Platform) -> None:
    town.replace(ARCHIVE, "- ingress", "- all")
    found = findings()
    assert "local: world → town/archive 3100 gets through, and nothing asks for it" in found
    assert "local: kube-system/operator → town/archive 3100 gets through, and nothing asks for it" in found


def test_an_entity_that_is_not_the_same_everywhere_is_refused(town: Platform) -> None:
    town.replace(ARCHIVE, "- ingress", "- cluster")
    said = f"local: {ARCHIVE}: which of the others is of the entity `cluster` can't be judged here"
    assert findings() == [said]


def test_workloads_whose_labels_say_the_same_name_are_judged_each(town: Platform) -> None:
    """Charts give all programs of a release one instance label: each is still a pod of its own."""
    store = town.text("flow/statefulset-store.yaml").replace("name: store", "name: spare", 1)
    town.write("manifests/local/flow/statefulset-spare.yaml", store.replace("app: store", "role: store"))
    town.write(
        f"{POLICIES}/networkpolicy-spare.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: spare, namespace: town}\n"
        "spec: {podSelector: {matchLabels: {role: store}}, ingress: [{ports: [{port: s3}]}]}\n",
    )
    found = findings()
    said = "town/store (StatefulSet spare) 8333 gets through, and nothing asks for it"
    assert f"local: kube-system/operator → {said}" in found
    assert not any("(StatefulSet store)" in line for line in found)


def test_policies_of_the_whole_cluster_are_refused(town: Platform) -> None:
    town.write(
        f"{POLICIES}/all.yaml",
        "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: all}\nspec: {}\n",
    )
    assert findings() == [f"local: {POLICIES}/all.yaml: policies of the whole cluster can't be judged here"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "api: {to: api-server,",
            "api: {to: api-servr,",
            "connections.yaml: there is no peer `api-servr`; did you mean `api-server`?",
        ),
        (
            "[ingress]",
            "[ingres]",
            "connections.yaml: the peer `gateway`: Cilium has no entity `ingres`; did you mean `ingress`?",
        ),
        (
            "{entities: [world]}",
            "{}",
            "connections.yaml: the peer `internet` needs exactly one of pods, namespacesExcept and entities",
        ),
        (
            "  internet:",
            "  spare: {entities: [world]}\n  internet:",
            "connections.yaml: nothing refers to the peer `spare`",
        ),
    ],
)
def test_peers_that_are_invalid(town: Platform, old: str, new: str, said: str) -> None:
    town.replace("connections.yaml", old, new)
    with pytest.raises(Findings) as caught:
        network.read(town.root)
    assert said in caught.value.findings


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "to: town/agent, ports: [4317]",
            "to: town/agnt, ports: [4317]",
            "connections.yaml: the edge visitors → town/agnt does not apply to any environment: there is no workload "
            "town/agnt; did you mean `town/agent`?",
        ),
        (
            "ports: [gossip]",
            "ports: [gosip]",
            "connections.yaml: the edge town/store → town/store does not apply to any environment: it lacks a "
            "peer or port",
        ),
        (
            "reason: replicas}",
            "reason: replicas, environments: [locl]}",
            "connections.yaml: the edge town/store → town/store: unknown environment `locl`; did you mean `local`?",
        ),
    ],
)
def test_an_edge_that_applies_nowhere(town: Platform, old: str, new: str, said: str) -> None:
    town.replace("connections.yaml", old, new)
    assert said in findings()


def test_a_platform_without_connections_has_no_policies_to_write(town: Platform) -> None:
    (town.root / "connections.yaml").unlink()
    with pytest.raises(PenstockError, match=r"connections\.yaml does not exist"):
        network_policies()
    prove(gate.network_policies)


@pytest.mark.parametrize("broken", read(ENGINE / FOLDER / "broken-policies.yaml"), ids=lambda broken: broken.mistake)
def test_a_mistake_is_named(broken: Example, town: Platform) -> None:
    town.replace(broken.file, broken.old, broken.new)
    assert [str(finding) for finding in found(gate.network_policies) if finding.rule == broken.rule] == broken.says

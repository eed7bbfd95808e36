"""A real control plane and the real Flux over a tiny platform: what `up`, `sync`, `status` and `logs` promise.

One cluster serves the whole file; the tests leave it running, and each brings back what it broke.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cluster_support import kubectl, running, state_of, status
from penstock.cluster import kubeconfig
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.session import Session
from penstock.cluster.state import State
from penstock.core import yaml
from penstock.gates import rehearse
from penstock.gates.references import builtin
from penstock.gitops import status as status_of_flux
from penstock.kube.kinds import BUILTIN_NAMESPACES
from penstock.kube.ref import Content
from penstock.platform.layout import ENGINE
from support import Platform


@pytest.fixture(scope="module")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running(tmp_path_factory.mktemp("town") / "platform") as platform:
        yield platform


def revisions(town: Platform) -> set[str]:
    """The objects that the platform's own Kustomizations have applied; the definitions have another source."""
    found = status(town)["kustomizations"]
    return {item["revision"] for item in found if item["name"] != "definitions"}


def test_everything_is_ready_at_the_commit(town: Platform) -> None:
    found = status(town)
    assert {item["name"]: item["ready"] for item in found["kustomizations"]} == dict.fromkeys(
        ["classes", "definitions", "greeting", "kinds", "platform", "server", "spaces"], True
    )
    assert revisions(town) == {town.git("rev-parse", "HEAD")}
    assert found["workloads"] == [
        {"namespace": "town", "kind": "StatefulSet", "name": "server", "ready": 2, "wanted": 2}
    ]
    assert all(found["nodes"].values())
    assert all(found["phases"].values())


def test_the_rehearsal_reports_missing_replicas(town: Platform) -> None:
    state = State(town.root / ".penstock" / "local")
    session = Session(town.layout, "local", state, state.read(), timeout=5, provider=Kwok())
    assert rehearse._unsettled(session) == []
    scale = ("scale", "statefulset/server", "-n", "town")
    # For the claim of a third there is no volume: it never runs.
    kubectl(town).run(*scale, "--replicas=3")
    try:
        assert "StatefulSet town/server has 2 of 3 pods ready" in rehearse._unsettled(session)
    finally:
        kubectl(town).run(*scale, "--replicas=2")
        kubectl(town).run("rollout", "status", "statefulset/server", "-n", "town", "--timeout=30s")
        kubectl(town).run("delete", "pvc", "data-server-2", "-n", "town", "--ignore-not-found")


def test_definitions_come_from_the_local_copy_and_manifests_have_the_real_address(town: Platform) -> None:
    (source,) = [
        item for item in kubectl(town).get(status_of_flux.SOURCES, "-A") if item["metadata"]["name"] == "definitions"
    ]
    assert source["spec"]["url"].startswith("http://127.0.0.1:")
    assert "url: https://github.com/kubernetes-sigs/gateway-api" in town.text("kinds/gitrepository-definitions.yaml")
    assert kubectl(town).get_one("gatewayclass", "doors") is not None


def test_objects_of_phase_1_have_flux_as_their_only_manager(town: Platform) -> None:
    """With two managers, a field would survive its removal from Git."""
    namespace = json.loads(kubectl(town).run("get", "namespace", "town", "-o", "json", "--show-managed-fields").stdout)
    managers = {entry["manager"] for entry in namespace["metadata"]["managedFields"] if entry["operation"] == "Apply"}
    assert managers == {"kustomize-controller"}


@pytest.mark.parametrize("address", ["10.43.0.200", "10.96.0.200", "10.100.0.200"])
def test_a_service_gets_the_address_it_would_get_on_k3s_kind_or_eks(town: Platform, address: str) -> None:
    service = ("create", "service", "clusterip", "fixed", "--namespace=town", "--tcp=80", "--clusterip", address)
    created = kubectl(town).run(*service, "--dry-run=server", "--output=jsonpath={.spec.clusterIP}")
    assert created.stdout == address.encode()


# What a control plane marks as its own, by kind: the label or annotation, and its value where it has to be that.
_OWN = {
    "APIService": ("kube-aggregator.kubernetes.io/automanaged", "onstart"),
    "ClusterRole": ("kubernetes.io/bootstrapping", "rbac-defaults"),
    "ClusterRoleBinding": ("kubernetes.io/bootstrapping", "rbac-defaults"),
    "FlowSchema": ("apf.kubernetes.io/autoupdate-spec", "true"),
    "PriorityLevelConfiguration": ("apf.kubernetes.io/autoupdate-spec", "true"),
    "Role": ("kubernetes.io/bootstrapping", "rbac-defaults"),
    "RoleBinding": ("kubernetes.io/bootstrapping", "rbac-defaults"),
}


def _objects(town: Platform, kind: str) -> dict[tuple[str, str], Content]:
    found = kubectl(town).get(kind.lower(), "-A")
    return {(item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in found}


def test_builtin_objects_are_those_of_a_real_control_plane(town: Platform) -> None:
    """references/builtin.yaml lists exactly the objects that a real control plane creates."""
    expected: dict[str, set[tuple[str, str]]] = {}
    for entry in builtin.entries():
        if not entry.sources:
            expected.setdefault(entry.kind, set()).update((entry.namespace, name) for name in entry.names)
    controllers = {key for key in expected["ServiceAccount"] if key[0] == "kube-system"}
    expected["ServiceAccount"] -= controllers
    namespaces = {name for _, name in _objects(town, "Namespace")}
    for kind, names in expected.items():
        actual = _objects(town, kind)
        every = {(place, name) for one, name in names for place in (namespaces if one == "*" else [one])}
        assert every - set(actual) == set(), kind
        mark, value = _OWN.get(kind, ("", ""))
        own = {key for key, item in actual.items() if _marks(item).get(mark) == value}
        assert own - every == set(), kind
    assert namespaces >= BUILTIN_NAMESPACES
    # This controller manager has one account for all of its controllers; their bindings name those that they have else.
    bound = [
        subject
        for key, item in _objects(town, "ClusterRoleBinding").items()
        if key[1].startswith("system:controller:")
        for subject in item["subjects"]
    ]
    assert controllers <= {(subject["namespace"], subject["name"]) for subject in bound}


def _marks(item: Content) -> dict[str, str]:
    return {**item["metadata"].get("labels", {}), **item["metadata"].get("annotations", {})}


def test_claims_are_bound_and_secrets_are_created(town: Platform) -> None:
    claims = kubectl(town).get("pvc", "-n", "town")
    assert [claim["status"]["phase"] for claim in claims] == ["Bound", "Bound"]
    secret = kubectl(town).get_one("secret", "login", "town")
    assert secret is not None
    assert sorted(secret["data"]) == ["password", "user"]


def test_only_the_owner_may_read_the_kubeconfig_and_nothing_listens_elsewhere(town: Platform) -> None:
    folder = town.root / ".penstock" / "local"
    assert (folder / "kubeconfig").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    listening = {
        connection.laddr.ip
        for process in state_of(town)["processes"].values()
        for connection in psutil.Process(process["pid"]).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert listening


def test_kustomize_controller_deletes_no_folder_of_another_cluster(town: Platform) -> None:
    # At its start it deletes what looks like its own leftovers in the folder for temporary files.
    process = psutil.Process(state_of(town)["processes"]["kustomize-controller"]["pid"])
    assert Path(process.environ()["TMPDIR"]) == town.root / ".penstock" / "local" / "tmp"
    assert Path(process.environ()["TMPDIR"]).is_dir()


def test_sync_reverts_manual_changes_without_a_new_commit(town: Platform) -> None:
    kubectl(town).run("delete", "configmap", "greeting", "-n", "town")
    kubectl(town).run("patch", "statefulset", "server", "-n", "town", "--type=merge", '-p={"spec":{"replicas":1}}')
    said = town.succeed("sync").stderr
    assert "2 objects would change: " in said
    assert "having Flux apply everything again" in said
    assert kubectl(town).get_one("configmap", "greeting", "town") is not None
    server = kubectl(town).get_one("statefulset", "server", "town")
    assert server is not None
    assert server["spec"]["replicas"] == 2
    assert "would change:" not in town.succeed("sync").stderr


def test_up_again_changes_nothing(town: Platform) -> None:
    secret = kubectl(town).get_one("secret", "login", "town")
    server = kubectl(town).get_one("statefulset", "server", "town")
    processes = state_of(town)["processes"]
    town.succeed("up")
    assert kubectl(town).get_one("secret", "login", "town") == secret
    again = kubectl(town).get_one("statefulset", "server", "town")
    assert again is not None
    assert server is not None
    assert again["metadata"]["generation"] == server["metadata"]["generation"]
    assert state_of(town)["processes"] == processes


def test_an_edit_is_refused_until_it_is_hydrated_then_rolled_out_uncommitted(town: Platform) -> None:
    environment = town.root / "environments" / "local.yaml"
    environment.write_text(environment.read_text().replace("world", "moon"))
    refused = town.run("sync")
    assert refused.returncode == 1
    assert "manifests/local" in refused.stderr
    assert "run `inv hydrate -e local`" in refused.stderr
    town.succeed("hydrate")
    town.succeed("sync")
    greeting = kubectl(town).get_one("configmap", "greeting", "town")
    assert greeting is not None
    assert greeting["data"] == {"text": "hello moon"}
    assert town.git("status", "--porcelain").splitlines()  # nothing was committed for it
    town.commit("Greet the moon")
    town.succeed("sync")
    assert revisions(town) == {town.git("rev-parse", "HEAD")}


def test_only_a_removed_component_is_pruned(town: Platform) -> None:
    extra = town.root / "components" / "extra" / "kustomize"
    (extra / "overlays" / "local").mkdir(parents=True)
    (extra / "overlays" / "local" / "kustomization.yaml").write_text("resources: [extra.yaml]\n")
    (extra / "overlays" / "local" / "extra.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: town}\ndata: {a: b}\n"
    )
    town.succeed("hydrate")
    town.succeed("sync")
    assert kubectl(town).get_one("configmap", "extra", "town")
    subprocess.run(["rm", "-r", str(extra.parent)], check=True)
    town.succeed("hydrate")
    town.succeed("sync")
    assert kubectl(town).get_one("configmap", "extra", "town") is None
    assert kubectl(town).get_one("configmap", "greeting", "town")


def test_a_component_that_never_becomes_ready_fails_with_its_reason(town: Platform) -> None:
    broken = town.root / "components" / "broken" / "kustomize" / "overlays" / "local"
    broken.mkdir(parents=True)
    (broken / "kustomization.yaml").write_text("resources: [service.yaml]\n")
    (broken / "service.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: broken, namespace: town}\nspec: {ports: [{port: 70000}]}\n"
    )
    town.succeed("hydrate")
    failed = town.run("sync")
    subprocess.run(["rm", "-r", str(town.root / "components" / "broken")], check=True)
    town.succeed("hydrate")
    assert failed.returncode == 1
    assert "broken did not become Ready: ReconciliationFailed" in failed.stderr
    assert "70000" in failed.stderr
    assert "describe kustomization broken" in failed.stderr
    assert "Traceback" not in failed.stderr
    town.succeed("sync")


def test_the_users_kubeconfig_gets_a_context_only_on_request_and_loses_it_again(town: Platform, tmp_path: Path) -> None:
    own = tmp_path / "config"
    own.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: work\n"
        "contexts: [{name: work, context: {cluster: work, user: work}}]\n"
        "clusters: [{name: work, cluster: {server: 'https://work.example'}}]\nusers: [{name: work, user: {}}]\n"
    )
    before = own.read_text()
    town.run("up", env={"KUBECONFIG": str(own)})
    assert own.read_text() == before
    merged = town.run("up", "--merge-kubeconfig", env={"KUBECONFIG": str(own)})
    assert merged.returncode == 0, merged.stderr
    assert own.stat().st_mode & 0o777 == 0o600
    config = yaml.parse(own.read_text())
    assert config["current-context"] == "work"
    assert {context["name"] for context in config["contexts"]} == {"work", "kwok-penstock-local"}
    state = State(town.root / ".penstock" / "local")
    kubeconfig.unmerge(state.read(), state.kubeconfig)
    config = yaml.parse(own.read_text())
    assert [context["name"] for context in config["contexts"]] == ["work"]
    assert [cluster["name"] for cluster in config["clusters"]] == ["work"]
    assert [user["name"] for user in config["users"]] == ["work"]


@pytest.mark.parametrize("name", ["kustomize-controller", "source-controller", "git-source"])
def test_an_ended_process_is_restarted(town: Platform, name: str) -> None:
    process = psutil.Process(state_of(town)["processes"][name]["pid"])
    process.kill()
    psutil.wait_procs([process], timeout=10)
    shown = town.succeed("status")
    assert f"not running: {name}" in shown.stderr
    town.succeed("up")
    assert state_of(town)["processes"][name]["pid"] != process.pid
    assert all(item["ready"] for item in status(town)["kustomizations"])


def test_the_security_page_names_every_process(town: Platform) -> None:
    page = (ENGINE / "docs" / "security.md").read_text()
    table = page[page.index("| process | listens on |") : page.index("Nothing else listens")]
    assert [name for name in state_of(town)["processes"] if name not in table] == []


def test_after_a_reboot_other_processes_with_the_same_pids_are_ignored(town: Platform) -> None:
    running = [psutil.Process(process["pid"]) for process in state_of(town)["processes"].values()]
    for process in running:
        process.kill()
    psutil.wait_procs(running, timeout=10)
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for path in (town.root / ".penstock" / "local" / "kwok" / "clusters" / "penstock-local" / "pids").iterdir():
        path.write_text(str(stranger.pid))
    town.succeed("up")
    assert all(item["ready"] for item in status(town)["kustomizations"])
    assert stranger.poll() is None
    stranger.communicate(b"\n")


def test_a_taken_port_is_reported(town: Platform) -> None:
    server = psutil.Process(state_of(town)["processes"]["kube-apiserver"]["pid"])
    port = next(item.laddr.port for item in server.net_connections("tcp") if item.status == psutil.CONN_LISTEN)
    server.kill()
    psutil.wait_procs([server], timeout=10)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        refused = town.run("up")
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1, which kube-apiserver of this cluster uses, is taken by" in refused.stderr
    town.succeed("up")


def test_two_verbs_at_once_are_refused(town: Platform) -> None:
    with town.start("up") as first:
        assert first.stderr is not None
        first.stderr.readline()  # the banner: it holds the cluster
        second = town.run("up")
        first.communicate()
    assert second.returncode == 1
    assert "another `inv up`, `sync` or `down` is at work on this cluster" in second.stderr
    assert first.returncode == 0


def test_logs_are_shown_and_a_misspelled_name_gets_a_suggestion(town: Platform) -> None:
    assert town.succeed("logs", "git-source").stdout.startswith("serving ")
    wrong = town.run("logs", "kube-apisever")
    assert wrong.returncode == 1
    assert "did you mean `kube-apiserver`?" in wrong.stderr

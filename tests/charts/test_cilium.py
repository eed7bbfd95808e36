"""The Cilium chart: by example (see rendering.py), and what holds for all that it renders.

cilium/keys.txt are the keys that Cilium's own chart sets in cilium-config, read off a render of 1.20 with a Gateway,
Hubble and the embedded Envoy; cilium/objects.txt is what our chart renders, but for the Job, whose name changes.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from charts.rendering import CLUSTER_WIDE, Cases, differences
from penstock.core import yaml

CASES = Cases("cilium", "cilium", "kube-system")
KEYS = set((CASES.folder / "keys.txt").read_text().split())
ONLY_ENI = {"auto-create-cilium-node-resource", "ec2-api-endpoint", "enable-endpoint-routes", "eni-tags"}
LEFT_OUT = re.compile(r"^# not set: ([a-z0-9-]+): (\S.*)$", re.MULTILINE)
JOB = re.compile(r"Job/hubble-generate-certs-[0-9a-f]{10}")
KEPT = {"ClusterRole", "ClusterRoleBinding", "ConfigMap", "DaemonSet", "Deployment", "Role", "RoleBinding"}
THE_LEAST = CASES.values("the-least-is-restricted")


def written(tmp_path: Path, **values: Any) -> Path:
    path = tmp_path / "values.yaml"
    path.write_text(yaml.dump(values))
    return path


def job(objects: dict[str, dict[str, Any]]) -> str:
    return next(name for name in objects if JOB.fullmatch(name))


def pod(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["spec"]["template"]
    return found


@pytest.mark.parametrize("lesson", CASES.lessons)
def test_lesson(lesson: str, helm: str) -> None:
    """The objects that the lesson is about are as expected."""
    actual, expected = CASES.objects(helm, CASES.values(lesson)), CASES.expected(lesson)
    assert [line for name in expected for line in differences(expected[name], actual.get(name), name)] == []


@pytest.mark.parametrize("mistake", CASES.mistakes)
def test_mistake(mistake: str, helm: str) -> None:
    """The chart refuses it and says where and why."""
    rendered = CASES.template(helm, CASES.values(f"refused/{mistake}"))
    assert rendered.returncode != 0
    assert (CASES.folder / "refused" / mistake / "message.txt").read_text().strip() in rendered.stderr


def test_another_namespace_is_refused(helm: str) -> None:
    rendered = CASES.template(helm, namespace="town")
    assert rendered.returncode != 0
    assert "namespace town: the priority classes" in rendered.stderr


def test_all_objects(helm: str) -> None:
    """What there is, each in its namespace. The Namespace for secrets holds nothing but roles."""
    objects = CASES.objects(helm)
    names = {name for name in objects if not JOB.fullmatch(name)}
    assert names == set((CASES.folder / "objects.txt").read_text().split())
    assert len(objects) == len(names) + 1
    for name, document in objects.items():
        theirs = "cilium-secrets" if "/cilium-secrets-" in name else "kube-system"
        assert document["metadata"].get("namespace") == (None if document["kind"] in CLUSTER_WIDE else theirs), name


@pytest.mark.parametrize(("ipam", "more"), [("kubernetes", set()), ("eni", ONLY_ENI)])
def test_every_key_is_set_or_left_out_with_a_reason(ipam: str, more: set[str], helm: str, tmp_path: Path) -> None:
    """No key of Cilium's own chart is forgotten, and none of ours is invented."""
    data = CASES.objects(helm, written(tmp_path, ipam=ipam))["ConfigMap/cilium-config"]["data"]
    left_out = dict(LEFT_OUT.findall((CASES.source / "templates" / "_config.tpl").read_text()))
    assert left_out, "the comments that say why a key is left out were not found"
    assert sorted(KEYS - data.keys() - left_out.keys()) == [], "neither set nor left out with a reason"
    assert sorted(left_out.keys() - KEYS) == [], "left out, and not a key of Cilium's chart"
    assert sorted(left_out.keys() & data.keys()) == [], "said to be left out, and set"
    assert sorted(data.keys() - KEYS - more) == [], "set, and not a key of Cilium's chart"
    assert [key for key, value in data.items() if not isinstance(value, str)] == []


def test_policies_stay_in_force_beside_a_gateway(helm: str) -> None:
    """cilium/cilium#48104: with "true", which Cilium's chart sets beside a Gateway, network policies fail."""
    data = CASES.objects(helm)["ConfigMap/cilium-config"]["data"]
    assert data["enable-gateway-api"] == "true"
    assert data["bpf-lb-sock-hostns-only"] == "false"
    assert data["external-envoy-proxy"] == "false"
    assert data["kube-proxy-replacement"] == "true"
    assert "enable-bpf-masquerade" not in data


def test_a_changed_key_rolls_agents_and_operator(helm: str, tmp_path: Path) -> None:
    """They read cilium-config once; relay and UI don't read it at all."""
    old, new = CASES.objects(helm), CASES.objects(helm, written(tmp_path, config={"debug": "true"}))
    changed = {name for name in old if old[name] != new[name]}
    assert changed == {"ConfigMap/cilium-config", "DaemonSet/cilium", "Deployment/cilium-operator"}
    for name in changed - {"ConfigMap/cilium-config"}:
        before, after = (pod(objects[name])["metadata"].pop("annotations") for objects in (old, new))
        assert before["checksum/config"] != after["checksum/config"]
        assert old[name] == new[name]


def test_a_new_version_of_the_chart_changes_nothing(helm: str, tmp_path: Path) -> None:
    """No object tells the chart's version: a new one would restart every pod of the network."""
    newer = shutil.copytree(CASES.source, tmp_path / "cilium")
    (newer / "Chart.yaml").write_text((newer / "Chart.yaml").read_text().replace("version: ", "version: 9"))
    assert CASES.template(helm, chart=newer).stdout == CASES.template(helm).stdout


def test_another_template_is_another_job(helm: str, tmp_path: Path) -> None:
    """A Job can't be changed: its name follows from what it does, and from nothing else."""
    first = job(CASES.objects(helm))
    assert job(CASES.objects(helm, written(tmp_path, operator={"replicas": 2}, config={"debug": "true"}))) == first
    assert job(CASES.objects(helm, written(tmp_path, cluster={"name": "village"}))) != first


def test_the_job_and_the_cronjob_do_the_same(helm: str) -> None:
    objects = CASES.objects(helm)
    spec = objects[job(objects)]["spec"]
    assert "ttlSecondsAfterFinished" not in spec
    assert objects["CronJob/hubble-generate-certs"]["spec"]["jobTemplate"]["spec"] == spec


def test_the_job_may_start_without_the_network(helm: str, tmp_path: Path) -> None:
    """It then asks the API server at its own address, as the agents do, and all else is as in the CronJob."""
    objects = CASES.objects(helm, written(tmp_path, certificates={"hostNetwork": True}))
    spec = objects[job(objects)]["spec"]
    pod = spec["template"]["spec"]
    assert pod.pop("hostNetwork")
    tolerated = {item["key"] for item in pod.pop("tolerations")}
    assert tolerated == {"node.kubernetes.io/not-ready", "node.cilium.io/agent-not-ready"}
    (certgen,) = pod["containers"]
    env = {item["name"]: item.get("value") for item in certgen["env"]}
    certgen["env"] = [item for item in certgen["env"] if not item["name"].startswith("KUBERNETES_SERVICE_")]
    assert objects["CronJob/hubble-generate-certs"]["spec"]["jobTemplate"]["spec"] == spec
    agent = objects["DaemonSet/cilium"]["spec"]["template"]["spec"]["containers"][0]
    of_agent = {item["name"]: item.get("value") for item in agent["env"]}
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        assert env[name] == of_agent[name]


def test_flux_never_prunes_the_network(helm: str) -> None:
    """Everything of the agents and the operator, and the namespace of the secrets; Hubble's parts may go."""
    for name, document in CASES.objects(helm).items():
        labels, annotations = document["metadata"]["labels"], document["metadata"].get("annotations", {})
        ours = labels["app.kubernetes.io/name"] in {"cilium", "cilium-agent", "cilium-operator"}
        keep = name == "Namespace/cilium-secrets" or (ours and document["kind"] in KEPT | {"ServiceAccount"})
        expected = "disabled" if keep else None
        assert annotations.get("kustomize.toolkit.fluxcd.io/prune") == expected, name


def test_the_api_server_is_reached_without_services(helm: str) -> None:
    """All that starts before the Service network is there."""
    objects = CASES.objects(helm)
    agent, operator = (pod(objects[name])["spec"] for name in ("DaemonSet/cilium", "Deployment/cilium-operator"))
    containers = {item["name"]: item for item in agent["initContainers"] + agent["containers"] + operator["containers"]}
    for name in ("config", "clean-cilium-state", "cilium-agent", "cilium-operator"):
        env = {item["name"]: item.get("value") for item in containers[name]["env"]}
        assert env["KUBERNETES_SERVICE_HOST"] == "127.0.0.1", name
        assert env["KUBERNETES_SERVICE_PORT"] == "6444", name


def test_prometheus_finds_every_port(helm: str) -> None:
    """One Service with a port http-metrics for each, which reaches the port of a container."""
    objects = CASES.objects(helm)
    pods = [pod(item) for item in objects.values() if item["kind"] in {"DaemonSet", "Deployment"}]
    found = {}
    for name, service in objects.items():
        for port in service["spec"]["ports"] if service["kind"] == "Service" else []:
            selector = service["spec"]["selector"].items()
            (chosen,) = [item for item in pods if selector <= item["metadata"]["labels"].items()]
            (reached,) = [
                open_port["containerPort"]
                for container in chosen["spec"]["containers"]
                for open_port in container["ports"]
                if open_port["name"] == port["targetPort"]
            ]
            if port["name"] == "http-metrics":
                assert service["spec"]["clusterIP"] == "None"
                found[name] = (port["port"], reached)
    assert found == {
        "Service/cilium-agent": (9962, 9962),
        "Service/cilium-operator": (9963, 9963),
        "Service/cilium-envoy": (9964, 9964),
        "Service/hubble-metrics": (9965, 9965),
        "Service/hubble-relay-metrics": (9966, 9966),
    }


@pytest.mark.parametrize("lesson", CASES.lessons)
def test_two_renders_are_the_same_bytes(lesson: str, helm: str) -> None:
    """Nothing random, nothing of the day."""
    values = CASES.values(lesson)
    assert CASES.template(helm, values).stdout == CASES.template(helm, values).stdout

"""What `up` and `sync` do when something breaks under them: they recover or say what to do, and nothing is lost.

And what must hold while a cluster runs: Flux has no more rights than its account, and secrets are nowhere to be read.
One cluster serves the whole file.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from cluster_support import folder, kubectl, running, state_of
from penstock.gitops import accounts
from penstock.gitops.status import KUSTOMIZATIONS
from penstock.kube.ref import Content
from support import Platform

# Longer than the 10 s within which a controller has to renew a lease, where it has one.
_ASLEEP_SECONDS = 11
_PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running(tmp_path_factory.mktemp("town") / "platform") as platform:
        yield platform


def processes_of(town: Platform) -> dict[str, psutil.Process]:
    return {name: psutil.Process(process["pid"]) for name, process in state_of(town)["processes"].items()}


def get(town: Platform, kind: str, name: str) -> Content:
    found = kubectl(town).get_one(kind, name, "town")
    assert found is not None, f"there is no {kind} {name}"
    return found


def held(town: Platform) -> dict[str, Any]:
    """What every fault must preserve: the secret, the volume claims, and the commits."""
    claims = {item["metadata"]["name"]: item["metadata"]["uid"] for item in kubectl(town).get("pvc", "-n", "town")}
    return {"secret": get(town, "secret", "login")["data"], "claims": claims, "head": town.git("rev-parse", "HEAD")}


def greet(town: Platform, whom: str) -> None:
    """A hydrated, uncommitted edit."""
    town.write("components/greeting/values.yaml.gotmpl", f"text: hello {whom}\n")
    town.succeed("hydrate")


def greeted(town: Platform) -> str:
    return str(get(town, "configmap", "greeting")["data"]["text"])


def until_line(started: subprocess.Popen[str], text: str) -> str:
    """What the command says up to a line with this text."""
    assert started.stderr is not None
    said = ""
    for line in started.stderr:
        said += line
        if text in line:
            return said
    pytest.fail(f"it never said {text!r}: {said}")


def until(probe: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not probe():
        assert time.monotonic() < deadline
        threading.Event().wait(0.2)


def reconciled(town: Platform, name: str) -> dict[str, str]:
    """Reconcile a component now, and return its condition Ready afterwards."""
    token = str(time.time_ns())
    annotation = f"reconcile.fluxcd.io/requestedAt={token}"
    kubectl(town).run("annotate", "--overwrite", KUSTOMIZATIONS, name, "-n", "flux-system", annotation)

    def condition() -> dict[str, str]:
        found = kubectl(town).get_one(KUSTOMIZATIONS, name, "flux-system")
        assert found is not None
        status = found["status"]
        ready = next(item for item in status["conditions"] if item["type"] == "Ready")
        done = status.get("lastHandledReconcileAt") == token and ready["status"] != "Unknown"
        return dict(ready) if done else {}

    until(lambda: bool(condition()))
    return condition()


# --- what Flux may do


@pytest.mark.parametrize("verb", ["patch", "create"])
def test_flux_applies_a_component_with_only_the_rights_of_its_account(town: Platform, verb: str) -> None:
    role = get(town, "role", accounts.ROLE)
    patch = json.dumps(
        {"rules": [{**rule, "verbs": [v for v in rule["verbs"] if v != verb]} for rule in role["rules"]]}
    )
    kubectl(town).run("patch", "role", accounts.ROLE, "-n", "town", "--type=merge", "-p", patch)
    # Flux itself, with all rights in the cluster, would not notice.
    kubectl(town).run("delete", "configmap", "greeting", "-n", "town")
    try:
        refused = reconciled(town, "greeting")
    finally:
        fixed = reconciled(town, "spaces"), reconciled(town, "greeting")
    assert refused["status"] == "False"
    said = f'User "system:serviceaccount:flux-system:apply-town" cannot {verb} resource "configmaps"'
    assert said in refused["message"]
    assert [ready["status"] for ready in fixed] == ["True", "True"]
    assert greeted(town)


@pytest.mark.parametrize(
    ("verb", "what", "namespace", "allowed"),
    [
        ("patch", "configmaps", "town", "yes"),
        ("create", "statefulsets.apps", "town", "yes"),
        ("delete", "networkpolicies.networking.k8s.io", "town", "yes"),
        ("create", "networkpolicies.networking.k8s.io", "town", "no"),
        ("patch", "configmaps", "kube-system", "no"),
        ("get", "secrets", "town", "no"),
        ("create", "pods/exec", "town", "no"),
        ("create", "serviceaccounts/token", "town", "no"),
        ("create", "rolebindings.rbac.authorization.k8s.io", "town", "no"),
        ("create", "namespaces", "", "no"),
    ],
)
def test_an_account_has_only_the_rights_of_its_role(
    town: Platform, verb: str, what: str, namespace: str, allowed: str
) -> None:
    asked = ("auth", "can-i", verb, what, "--as=system:serviceaccount:flux-system:apply-town")
    where = ("-n", namespace) if namespace else ()
    assert kubectl(town).run(*asked, *where, ok=(0, 1)).text.strip() == allowed


def test_the_last_object_of_a_kind_and_then_its_component_are_pruned(town: Platform) -> None:
    """The account's Role has lost the kind by then, and the finalizer of the component needs the account."""
    extra = "components/extra/kustomize/overlays/local"
    kinds = {
        "configmap": "apiVersion: v1\nkind: ConfigMap",
        "poddisruptionbudget": "apiVersion: policy/v1\nkind: PodDisruptionBudget",
    }
    for name, head in kinds.items():
        town.write(f"{extra}/{name}.yaml", f"{head}\nmetadata: {{name: extra, namespace: town}}\n")
    town.write(f"{extra}/kustomization.yaml", "resources: [configmap.yaml, poddisruptionbudget.yaml]\n")
    town.succeed("hydrate")
    town.succeed("sync")
    assert all(kubectl(town).get_one(kind, "extra", "town") for kind in kinds)
    town.write(f"{extra}/kustomization.yaml", "resources: [configmap.yaml]\n")
    town.succeed("hydrate")
    town.succeed("sync")
    assert kubectl(town).get_one("poddisruptionbudget", "extra", "town") is None
    assert kubectl(town).get_one("configmap", "extra", "town")
    subprocess.run(["rm", "-r", str(town.root / "components" / "extra")], check=True)
    town.succeed("hydrate")
    town.succeed("sync")
    until(lambda: kubectl(town).get_one(KUSTOMIZATIONS, "extra", "flux-system") is None)
    assert kubectl(town).get_one("configmap", "extra", "town") is None
    assert greeted(town)


# --- secrets


def test_a_secret_is_neither_printed_nor_written_down(town: Platform) -> None:
    kubectl(town).run("delete", "secret", "login", "-n", "town")
    made = town.run("up", "--debug")
    assert made.returncode == 0, made.stderr
    encoded = get(town, "secret", "login")["data"]["password"]
    secret = base64.b64decode(encoded)
    assert len(secret) >= 24
    said = [made, town.succeed("status", "--json"), town.succeed("status")]
    said += [town.succeed("logs", name) for name in processes_of(town)]
    printed = "".join(each.stdout + each.stderr for each in said)
    assert secret.decode() not in printed
    assert encoded not in printed
    database = folder(town) / "kwok" / "clusters" / "penstock-local" / "etcd"
    files = [path for path in town.root.rglob("*") if path.is_file() and not path.is_relative_to(database)]
    holding = [path for path in files if secret in (text := path.read_bytes()) or encoded.encode() in text]
    assert holding == []
    assert len(files) > 100
    assert folder(town).stat().st_mode & 0o077 == 0


# --- faults


@pytest.mark.parametrize("name", ["kube-apiserver", "source-controller"])
def test_killing_a_process_during_a_rollout_loses_nothing(town: Platform, name: str) -> None:
    before = held(town)
    greet(town, f"after {name}")
    with town.start("up") as started:
        until_line(started, "3 platform: Flux")
        processes_of(town)[name].kill()
        started.communicate()
    town.succeed("up")
    assert greeted(town) == f"hello after {name}"
    assert held(town) == before
    assert town.git("status", "--porcelain", "components") == "M components/greeting/values.yaml.gotmpl"


def test_no_controller_has_a_lease_that_a_sleep_would_expire(town: Platform) -> None:
    holders = {item["metadata"]["name"] for item in kubectl(town).get("leases", "-n", "kube-system")}
    assert holders.isdisjoint({"kube-controller-manager", "kube-scheduler"})


def test_up_resumes_after_a_sleep(town: Platform) -> None:
    before = held(town)
    greet(town, "after a sleep")
    with town.start("up") as started:
        until_line(started, "3 platform: Flux")
        there = processes_of(town)
        asleep = [psutil.Process(started.pid), *there.values()]
        for process in asleep:
            process.suspend()
        threading.Event().wait(_ASLEEP_SECONDS)
        for process in asleep:
            process.resume()
        said = started.communicate()[1]
    assert started.returncode == 0, said
    assert greeted(town) == "hello after a sleep"
    town.succeed("up")
    assert processes_of(town) == there
    assert held(town) == before


def test_a_full_database_is_reported_and_a_new_cluster_has_everything(town: Platform) -> None:
    greet(town, "with space again")
    config = folder(town) / "kwok" / "clusters" / "penstock-local" / "kwok.yaml"
    text = config.read_text()
    quota = "--quota-backend-bytes="
    old = next(line for line in text.splitlines() if quota in line)
    config.write_text(text.replace(old, f"{old.partition(quota)[0]}{quota}65536"))
    processes_of(town)["etcd"].send_signal(signal.SIGKILL)
    refused = town.run("up")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-2:] == [
        "error: the cluster's database takes no more writes: etcd's space is used up (its alarm NOSPACE)",
        "  hint: make a local cluster again: inv down && inv up. Elsewhere give etcd space, compact and defragment it, "
        "then `etcdctl alarm disarm`, as the alarm doesn't go by itself",
    ]
    assert town.git("status", "--porcelain", "components") == "M components/greeting/values.yaml.gotmpl"
    town.succeed("down")
    town.succeed("up")
    assert greeted(town) == "hello with space again"

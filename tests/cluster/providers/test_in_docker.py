"""`inv up --provider k3d` through all four phases: a real API server and real Flux, docker, k3d and flux faked.

One cluster serves the whole file. The fakes are in fakes/; nodes and pods are simulated, and nothing is pulled.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from docker_support import asked, fakes
from image_support import docker, oci
from penstock.core import yaml
from penstock.gitops import server, status
from penstock.tools.kubectl import Kubectl
from support import Platform, copy_platform


@dataclass(frozen=True)
class Town:
    """The platform, and where the fakes keep what they are asked and have."""

    platform: Platform
    fakes: Path
    env: dict[str, str]
    first: str
    """What the first `up` wrote to stderr, with every command."""

    def run(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a verb."""
        return self.platform.run(*argv, env={**self.env, **env})

    def succeed(self, *argv: str) -> str:
        """Run a verb that must end well; gives its stdout."""
        done = self.run(*argv)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def state(self) -> Path:
        return self.platform.root / ".penstock" / "local"

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.state / "kubeconfig")

    @property
    def recorded(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / "state.json").read_text())
        return found


@pytest.fixture(scope="module")
def town(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("docker")
    platform = copy_platform("a-platform-in-docker", folder / "platform")
    platform.commit("Start")
    platform.succeed("hydrate")
    platform.commit("Hydrate")
    env = fakes(folder / "fakes")
    try:
        up = platform.run("--debug", "up", "--provider", "k3d", "--timeout", "90", env=env)
        assert up.returncode == 0, up.stderr
        yield Town(platform, folder / "fakes", env, up.stderr)
    finally:
        ended = platform.run("down", env=env)
        assert ended.returncode == 0, ended.stderr


def test_everything_is_ready_and_pods_count(town: Town) -> None:
    found = json.loads(town.succeed("status", "--json"))
    assert found["provider"] == "k3d"
    assert all(found["phases"].values())
    assert all(item["ready"] for item in found["kustomizations"])
    assert found["nodes"] == {"k3d-tiny-server-0": True}
    assert {f"{item['namespace']}/{item['name']}": item["ready"] for item in found["workloads"]} == {
        "flux-system/kustomize-controller": 1,
        "flux-system/source-controller": 1,
        "town/network": 1,
        "town/relay": 1,
        "town/server": 2,
    }
    assert "kubernetes.default.svc.cluster.local and github.com resolve from a pod" in town.first


def test_phase_1_waits_for_what_makes_the_network_alone(town: Town) -> None:
    assert "rollout status daemonset/network" in town.first
    assert "rollout status deployment/relay" not in town.first
    assert "wait for DaemonSet town/network, and for the nodes" in town.succeed("up", "--dry-run")


def test_external_sources_are_served_from_here_too(town: Town) -> None:
    source = town.kubectl.get_one("gitrepository", "definitions", "flux-system")
    assert source is not None
    assert source["spec"]["url"] == f"http://127.0.0.2:{town.recorded['source_port']}/gateway-api.git"


def test_archives_of_images_are_loaded_into_nodes_that_lack_them(town: Town, tmp_path: Path) -> None:
    oci(tmp_path / "server.tar")
    docker(tmp_path / "other.tar", "registry.example/town/other:2")
    imports = "docker exec -i k3d-tiny-server-0 ctr --namespace=k8s.io images import -"
    shown = town.succeed("up", "--images", str(tmp_path), "--dry-run")
    assert f"{imports} <{tmp_path}/other.tar  # images: other.tar\n{imports} <{tmp_path}/server.tar" in shown
    assert asked(town.fakes, imports) == []
    town.succeed("up", "--images", str(tmp_path))
    assert len(asked(town.fakes, imports)) == 2
    nodes = ("up", "--phase", "1", "--images", str(tmp_path))
    town.succeed(*nodes)
    assert len(asked(town.fakes, imports)) == 2
    oci(tmp_path / "server.tar", note="built again")
    again = town.run(*nodes)
    assert "2 images from 2 archives" in again.stderr
    assert len(asked(town.fakes, imports)) == 3
    oci(tmp_path / "server.tar", stand_in="server")
    assert "2 images from 2 archives, stand-ins for server" in town.run(*nodes).stderr
    assert list(town.recorded["stand_ins"].values()) == ["server"]
    assert "stand-ins" not in town.run("up", "--phase", "1").stderr
    oci(tmp_path / "server.tar")
    town.succeed(*nodes)
    assert town.recorded["stand_ins"] == {}


def test_a_folder_without_archives_changes_nothing(town: Town, tmp_path: Path) -> None:
    refused = town.run("up", "--images", str(tmp_path / "imgaes"))
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"error: {tmp_path}/imgaes: no folder with archives of images\n  hint: docker save"
    )


def test_k3d_gets_its_config_file(town: Town) -> None:
    config = yaml.parse((town.state / "k3d.yaml").read_text())
    assert config["apiVersion"] == "k3d.io/v1alpha5"
    assert config["metadata"] == {"name": "tiny"}
    assert config["image"] == "registry.example/k3s:v1.35.5-k3s1"
    assert config["kubeAPI"] == {"hostIP": "127.0.0.1"}
    assert [item["port"] for item in config["ports"]] == ["127.0.0.1:18080:80", "127.0.0.1:18443:443"]
    assert [item["arg"] for item in config["options"]["k3s"]["extraArgs"]] == [
        "--flannel-backend=none",
        "--disable-network-policy",
        "--disable-kube-proxy",
        "--disable=traefik",
        "--disable=servicelb",
        "--disable=metrics-server",
    ]
    assert config["options"]["kubeconfig"] == {"updateDefaultKubeconfig": False, "switchCurrentContext": False}


def test_flux_reconciles_more_than_four_at_a_time(town: Town) -> None:
    deployment = town.kubectl.get_one("deployment", "kustomize-controller", "flux-system")
    assert deployment is not None
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["--log-level=info", "--concurrent=20", "--requeue-dependency=1s"]


def test_the_commands_are_those_of_the_dry_run(town: Town) -> None:
    shown = [line.split("  # ")[0] for line in town.succeed("up", "--dry-run", "--timeout", "90").splitlines()]
    ran = [line.split("  # ")[0].replace(f"{town.platform.root}/", "") for line in town.first.splitlines()]
    ran = [re.sub(r"^.*?(?:/\S*/)?(k3d|flux|kubectl) ", r"\1 ", line) for line in ran]
    shown, ran = (
        [line for line in lines if re.match(r"k3d cluster |flux install |kubectl .* apply ", line)]
        for lines in (shown, ran)
    )
    ran.remove(next(line for line in ran if "--field-manager=penstock" in line))  # the pod that checks DNS
    assert list(dict.fromkeys(ran)) == list(dict.fromkeys(shown))
    assert [line.split()[0] for line in dict.fromkeys(ran)] == ["k3d", "kubectl", "flux", "kubectl", "kubectl"]
    assert asked(town.fakes, "k3d cluster create") == [f"k3d cluster create --config {town.state}/k3d.yaml"]
    assert asked(town.fakes, "flux install") == [
        "flux install --export --version=v2.9.4 --components=source-controller,kustomize-controller "
        "--network-policy=true"
    ]


def test_flux_fetches_at_the_networks_gateway_with_the_clusters_token(town: Town) -> None:
    source = town.kubectl.get_one(status.SOURCES, "platform", "flux-system")
    assert source is not None
    assert source["spec"]["url"] == f"http://127.0.0.2:{town.recorded['source_port']}/platform.git"
    assert source["spec"]["secretRef"] == {"name": "git-source"}
    secret = town.kubectl.get_one("secret", "git-source", "flux-system")
    assert secret is not None
    found = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    token = town.state / "git-token"
    assert found == {"username": server.USER, "password": token.read_text()}
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text() not in town.first
    assert "docker network inspect k3d-tiny" in (town.fakes / "calls").read_text()


def test_only_the_git_source_is_a_process_of_ours_and_it_listens_at_the_gateway_alone(town: Town) -> None:
    (name,) = town.recorded["processes"]
    assert name == "git-source"
    listening = psutil.Process(town.recorded["processes"][name]["pid"]).net_connections("tcp")
    assert {item.laddr.ip for item in listening if item.status == psutil.CONN_LISTEN} == {"127.0.0.2"}


def test_up_again_makes_and_installs_nothing(town: Town) -> None:
    before, recorded = len((town.fakes / "calls").read_text().splitlines()), town.recorded
    again = town.run("up")
    assert again.returncode == 0, again.stderr
    calls = (town.fakes / "calls").read_text().splitlines()[before:]
    assert [
        line for line in calls if re.match(r"k3d cluster |flux install|docker (start|network rm|volume rm)", line)
    ] == []
    assert town.recorded["processes"] == recorded["processes"]
    assert "spaces is already applied by Flux; network is already applied by Flux" in again.stderr


def test_an_edit_is_rolled_out(town: Town) -> None:
    town.platform.replace("environments/local.yaml", "who: world", "who: moon")
    town.succeed("hydrate")
    town.succeed("sync")
    greeting = town.kubectl.get_one("configmap", "greeting", "town")
    assert greeting is not None
    assert greeting["data"] == {"text": "hello moon"}


def test_flux_status_shows_its_pods(town: Town) -> None:
    found = json.loads(town.succeed("flux-status", "--json"))
    assert found["controllers"] == [
        {"name": name, "runs_as": "pod", "version": "v2.9.4", "ready": True}
        for name in ("kustomize-controller", "source-controller")
    ]


@pytest.mark.parametrize(
    ("mood", "message"),
    [
        ("half", "flux failed (exit 1): ✗ install failed: context deadline exceeded"),
        ("nonsense", "`flux install --export` printed no objects"),
        ("other", "Flux was applied, but is not available in version 2.9.4: source-controller, kustomize-controller"),
    ],
)
def test_an_old_flux_is_installed_again_and_a_failure_is_seen(town: Town, mood: str, message: str) -> None:
    deployments = ("deployment/source-controller", "deployment/kustomize-controller")
    label = ("label", *deployments, "-n", "flux-system", "--overwrite")
    town.kubectl.run(*label, "app.kubernetes.io/version=v2.3.0")
    try:
        failed = town.run("flux-install", FAKE_FLUX=mood)
        assert failed.returncode == 1
        assert f"error: {message}\n" in failed.stderr
        assert "Traceback" not in failed.stderr
    finally:
        town.kubectl.run(*label, "app.kubernetes.io/version=v2.9.4")


def test_logs_of_pods_and_of_our_process(town: Town) -> None:
    assert town.succeed("logs", "git-source").startswith("serving ")
    wrong = town.run("logs", "source-controler")
    assert "did you mean `source-controller`?" in wrong.stderr
    unknown = town.run("logs", "town/sever")
    assert "did you mean `town/server`?" in unknown.stderr
    # A simulated node has no logs to give: kubectl's own complaint comes through.
    for name in ("source-controller", "town/server"):
        refused = town.run("logs", name)
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: ")


def test_the_steps_are_verbs(town: Town) -> None:
    for verb in ("cluster-create", "flux-install", "gitops-setup", "gitops-enable"):
        assert town.run(verb).returncode == 0
    programs, *commands = town.succeed("flux-install", "--dry-run").splitlines()
    assert programs.startswith("PATH=")
    assert commands[0].startswith("flux install --export --version=v2.9.4 ")
    assert [re.sub("^.*kubectl-cache ", "", line)[:46] for line in commands[1:]] == [
        "apply --server-side --force-conflicts --field-",
        "rollout status deployment/source-controller -n",
        "rollout status deployment/kustomize-controller",
    ]
    missing = town.run("cilium-install")
    assert "manifests/local has no component `cilium`" in missing.stderr


def test_another_provider_is_refused_while_this_one_is_there(town: Town) -> None:
    refused = town.run("up", "--provider", "kwok")
    assert refused.returncode == 1
    assert "local already runs on k3d" in refused.stderr


def test_down_deletes_this_cluster_alone(town: Town) -> None:
    stranger = town.fakes / "containers" / "k3d-other-server-0"
    stranger.write_text("k3d.cluster=other")
    pid = town.recorded["processes"]["git-source"]["pid"]
    assert town.succeed("down", "--dry-run").splitlines() == [
        f"kill {pid}  # git-source",
        "#   disconnect the image caches from k3d-tiny",
        "KUBECONFIG=.penstock/local/kubeconfig k3d cluster delete tiny  # the cluster",
        "rm -r .penstock/local  # the state",
    ]
    ended = town.run("down")
    assert ended.returncode == 0, ended.stderr
    assert "ended git-source, k3d-tiny-server-0, k3d-tiny-serverlb" in ended.stderr
    assert asked(town.fakes, "k3d cluster delete") == ["k3d cluster delete tiny"]
    assert not psutil.pid_exists(pid)
    assert not town.state.exists()

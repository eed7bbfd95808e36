"""k3d whose clusters are real control planes with simulated nodes: kwokctl makes them in $FAKES/kwok.

$FAKE_K3D makes it misbehave.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from penstock.core import yaml
from penstock.tools.kwokctl import Kwokctl

HERE = Path(os.environ["FAKES"])
MOOD = os.environ.get("FAKE_K3D", "")
CONTROL_PLANE = Kwokctl(HERE / "kwok", "k3d")
KUBECONFIG = HERE / "kubeconfig"


def fail(*lines: str) -> None:
    # k3d colours its complaints, whoever reads them.
    sys.exit("\n".join(f"\x1b[31m{line[:4]}\x1b[0m{line[4:]}" for line in lines))


def mark(kind: str, name: str, text: str) -> None:
    (HERE / kind).mkdir(exist_ok=True)
    (HERE / kind / name).write_text(text)


def create(config: Path) -> None:
    found = yaml.parse(config.read_text())
    name = found["metadata"]["name"]
    if MOOD == "nonsense":
        print("INFO[0000] all is well")
        return
    mark("networks", f"k3d-{name}", "")
    mark("volumes", f"k3d-{name}-images", f"k3d.cluster={name}")
    if MOOD == "no image":
        fail(
            "ERRO[0001] failed Cluster Creation: docker failed to pull image 'k3s': no such host ",
            "ERRO[0001] Failed to create cluster >>> Rolling Back    ",
            "ERRO[0001] failed to get cluster: No nodes found for given cluster ",
            "FATA[0001] Cluster creation FAILED, also FAILED to rollback changes! ",
        )
    mark("containers", f"k3d-{name}-server-0", f"k3d.cluster={name}")
    if MOOD == "half":
        fail("ERRO[0009] failed to start node ", "FATA[0009] Cluster creation FAILED, rollback deactivated. ")
    if MOOD == "hanging":
        signal.pause()
    mark("containers", f"k3d-{name}-serverlb", f"k3d.cluster={name}")
    from penstock.cluster.processes import free_ports
    from penstock.cluster.providers.kwok import _node
    from penstock.core.process import run
    from penstock.tools.kubectl import Kubectl

    CONTROL_PLANE.configure(free_ports(6))
    run(CONTROL_PLANE.creation(KUBECONFIG))
    Kubectl(KUBECONFIG).apply([_node(f"k3d-{name}-server-0")], "k3d")
    kubelet = [sys.executable, str(Path(__file__).with_name("fake_kubelet.py")), str(KUBECONFIG)]
    started = subprocess.Popen(kubelet, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    mark("pids", "kubelet", str(started.pid))


def delete(name: str) -> None:
    pids = [int(path.read_text()) for path in (HERE / "pids").glob("*")]
    pids += CONTROL_PLANE.pids().values()
    running = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    running += [child for process in running for child in process.children(recursive=True)]
    for process in running:
        process.kill()
    psutil.wait_procs(running, timeout=10)
    for path in (HERE / "containers").glob(f"k3d-{name}-*"):
        path.unlink()
    for place in (f"networks/k3d-{name}", f"volumes/k3d-{name}-images"):
        (HERE / place).unlink(missing_ok=True)
    print(f"INFO[0000] Successfully deleted cluster {name}!")


with (HERE / "calls").open("a") as calls:
    calls.write(f"k3d {' '.join(sys.argv[1:])}\n")
match sys.argv[1:]:
    case ["version"] if MOOD == "old":
        print("k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)")
    case ["version"] if MOOD == "silent":
        print("???")
    case ["version"]:
        print("k3d version v5.9.0\nk3s version v1.35.5-k3s1 (default)")
    case ["cluster", "create", "--config", file]:
        create(Path(file))
    case ["kubeconfig", "get", name]:
        if not KUBECONFIG.is_file():
            fail(f"FATA[0000] failed to get cluster {name}: No nodes found for given cluster ")
        print(KUBECONFIG.read_text())
    case ["cluster", "delete", name]:
        delete(name)
    case _:
        fail(f"FATA[0000] unknown command {sys.argv[1:]} ")

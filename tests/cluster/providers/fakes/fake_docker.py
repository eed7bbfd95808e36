"""docker as its command line answers, with a daemon whose containers are files: $FAKES/containers, networks, volumes.

$FAKE_DOCKER makes it misbehave.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

HERE = Path(os.environ["FAKES"])
MOOD = os.environ.get("FAKE_DOCKER", "")
# Taken from docker 28.2.2 and 20.10.24 without a daemon.
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


def names(kind: str, label: str = "") -> list[str]:
    found = sorted((HERE / kind).glob("*"))
    return [path.name for path in found if not label or path.read_text() == label]


def info() -> str:
    if MOOD == "docker 20 without a daemon":
        return json.dumps({"ServerErrors": [DOWN], "ClientInfo": {"Debug": False}})
    if MOOD == "docker 28 without a daemon":
        print(json.dumps({"ServerVersion": "", "MemTotal": 0, "SecurityOptions": None}), flush=True)
        sys.exit(DOWN)
    if MOOD == "docker without rights":
        sys.exit("permission denied while trying to connect to the docker API at unix:///var/run/docker.sock")
    if MOOD == "garbage":
        return "<html>502 Bad Gateway</html>"
    options = ["name=seccomp,profile=default", *(["name=rootless"] if MOOD == "rootless" else [])]
    memory = (64 if MOOD != "little memory" else 1) << 30
    cgroup = "1" if MOOD == "cgroup v1" else "2"
    return json.dumps(
        {"ServerVersion": "28.2.2", "MemTotal": memory, "NCPU": 4, "SecurityOptions": options, "CgroupVersion": cgroup}
    )


def inspected() -> str:
    if MOOD == "garbage networks":
        return "[]"
    # IPv6 comes first where there is some.
    configs = [{"Subnet": "fc00:f853:ccd:e793::/64"}, {"Subnet": "127.0.0.0/8", "Gateway": "127.0.0.2"}]
    return json.dumps([{"IPAM": {"Config": configs}}])


def answer(words: list[str]) -> str:
    if words[:2] == ["context", "inspect"]:
        return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if MOOD == "hanging":
        signal.pause()
    if words[0] == "info":
        return info()
    if words[0] == "ps" and "network=kind" in words:
        found = names("containers")
        return "\n".join(name for name in found if "kind" in (HERE / "containers" / name).read_text())
    if words[0] == "ps":
        return "\n".join(names("containers", words[words.index("--filter") + 1].removeprefix("label=")))
    if words[0] == "inspect":
        return "[]"  # kind asks whether it has to pull an image
    if words[0] == "run":
        sys.exit("docker: Error response from daemon: no container runs here")
    if words[:2] == ["network", "create"]:
        (HERE / "networks").mkdir(exist_ok=True)
        (HERE / "networks" / words[-1]).touch()
        return words[-1]
    if words[:2] == ["network", "ls"] and "--filter=name=^kind$" in words:
        return "\n".join(name for name in names("networks") if name == "kind")
    if words[:2] == ["network", "ls"]:
        return "\n".join(["bridge", "host", "none", *names("networks")])
    if words[:2] == ["network", "inspect"]:
        return inspected()
    if words[:2] == ["volume", "ls"]:
        return "\n".join(names("volumes", words[words.index("--filter") + 1].removeprefix("label=")))
    if words[:2] in (["network", "rm"], ["volume", "rm"]):
        for name in words[2:]:
            (HERE / f"{words[0]}s" / name).unlink()
        return "\n".join(words[2:])
    if words[0] == "exec" and words[2:] == ["crictl", "images", "--output", "json"]:
        # Of one node; k3d's load balancer has no crictl.
        assert words[1] == "k3d-tiny-server-0"
        images = [
            {"id": path.read_text(), "repoTags": [path.name.replace("+", "/")]} for path in (HERE / "images").glob("*")
        ]
        return json.dumps({"images": images})
    if words[:2] == ["exec", "-i"] and words[3:] == ["ctr", "--namespace=k8s.io", "images", "import", "-"]:
        from penstock.tools.archives import read

        assert words[2] == "k3d-tiny-server-0"
        (HERE / "images").mkdir(exist_ok=True)
        for name, identity in read(Path("/dev/stdin")).images.items():
            (HERE / "images" / name.replace("/", "+")).write_text(identity)
        return "unpacking"
    if words[0] == "start":
        return "\n".join(words[1:])
    return sys.exit(f"docker: '{' '.join(words)}' is not a docker command.")


with (HERE / "calls").open("a") as calls:
    calls.write(f"docker {' '.join(sys.argv[1:])}\n")
told = answer(sys.argv[1:])
if told:
    print(told)

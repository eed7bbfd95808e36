"""docker as its command line answers, with a daemon whose containers are files: $FAKES/containers, networks, volumes.

$FAKE_DOCKER makes it misbehave.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

HERE = Path(os.environ["FAKES"])
MOOD = os.environ.get("FAKE_DOCKER", "")
# Taken from docker 28.2.2 and 20.10.24 without a daemon.
REFUSALS = {
    "no image": (
        "Unable to find image 'registry:3.0.0' locally\ndocker: Error response from daemon: toomanyrequests: "
        "You have reached your unauthenticated pull rate limit.\n\nRun 'docker run --help' for more information"
    ),
    "no network": (
        "Unable to find image 'registry:3.0.0' locally\ndocker: Error response from daemon: "
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host.'
        "\nSee 'docker run --help'."
    ),
    "full disk": "docker: failed to register layer: write /x: no space left on device",
}
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


def names(kind: str, label: str = "") -> list[str]:
    found = sorted((HERE / kind).glob("*"))
    return [path.name for path in found if not label or label in (text := path.read_text(), text.partition("=")[0])]


def labelled(words: list[str]) -> tuple[str, str]:
    """The option --label, or that of a volume, as docker gets it."""
    options = dict(pair.split("=", 1) for pair in words[words.index("--mount") + 1].split(",", 3))
    assert options["volume-label"] == words[words.index("--label") + 1]
    return words[words.index("--name") + 1], options["volume-label"]


def cache_of_images(words: list[str]) -> str:
    if MOOD in REFUSALS:
        sys.exit(REFUSALS[MOOD])
    name, label = labelled(words)
    for kind in ("containers", "volumes"):
        (HERE / kind).mkdir(exist_ok=True)
        (HERE / kind / name).write_text(label)
    return "0a" * 32


def in_network(network: str) -> list[str]:
    """Those that were connected by hand, and the nodes of kind."""
    found = {path.name for path in (HERE / "connected" / network).glob("*")}
    if network == "kind":
        found |= {name for name in names("containers") if "kind" in (HERE / "containers" / name).read_text()}
    elif network.startswith("k3d-"):
        found |= {name for name in names("containers") if name.startswith(network)}
    return sorted(found)


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
    root = {"DockerRootDir": str(HERE)} if MOOD == "little disk" else {}
    return json.dumps(
        {
            "ServerVersion": "28.2.2",
            "MemTotal": memory,
            "NCPU": 4,
            "SecurityOptions": options,
            "CgroupVersion": cgroup,
            **root,
        }
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
    if words[0] == "ps" and words[3].startswith("network="):
        return "\n".join(in_network(words[3].removeprefix("network=")))
    if words[0] == "ps" and "status=exited" in words:
        return "\n".join(names("stopped"))
    if words[0] == "ps":
        return "\n".join(names("containers", words[words.index("--filter") + 1].removeprefix("label=")))
    if words[0] == "inspect":
        return "[]"  # kind asks whether it has to pull an image
    if words[0] == "run" and "--mount" in words and "REGISTRY_PROXY_TTL=720h" in words:
        return cache_of_images(words)
    if words[:2] == ["network", "connect"]:
        (HERE / "connected" / words[2]).mkdir(parents=True, exist_ok=True)
        (HERE / "connected" / words[2] / words[3]).touch()
        return ""
    if words[:2] == ["network", "disconnect"]:
        (HERE / "connected" / words[2] / words[3]).unlink()
        return ""
    if words[:3] == ["rm", "--force", "--volumes"]:
        for name in words[3:]:
            (HERE / "containers" / name).unlink()
        return "\n".join(words[3:])
    if words[0] == "run":
        said = "mount proc: operation not permitted" if MOOD == "no privileges" else "no container runs here"
        sys.exit(f"docker: Error response from daemon: {said}")
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
    if words[0] == "cp":
        node, _, into = words[2].partition(":")
        shutil.copytree(words[1], HERE / "nodes" / node / into.lstrip("/") / Path(words[1]).name, dirs_exist_ok=True)
        return ""
    if words[0] == "exec" and words[2] == "cat":
        found = [HERE / "nodes" / words[1] / path.lstrip("/") for path in words[3:]]
        if not all(path.is_file() for path in found):
            sys.exit("cat: can't open a file: No such file or directory")
        return "".join(path.read_text() for path in found).removesuffix("\n")
    if words[0] == "start":
        return "\n".join(words[1:])
    return sys.exit(f"docker: '{' '.join(words)}' is not a docker command.")


with (HERE / "calls").open("a") as calls:
    calls.write(f"docker {' '.join(sys.argv[1:])}\n")
told = answer(sys.argv[1:])
if told:
    print(told)

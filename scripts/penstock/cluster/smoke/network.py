"""Checks of the network: names, kube-proxy's absence, the Gateway, flows, Hubble's UI."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.cluster import dns
from penstock.cluster.smoke import http
from penstock.cluster.smoke.check import CheckFailed, World, wait
from penstock.core.console import Step
from penstock.core.process import CommandFailed

_SYSTEM = "kube-system"


class _Replacement(msgspec.Struct):
    mode: str = ""


class _Status(msgspec.Struct, rename="kebab"):
    kube_proxy_replacement: _Replacement = msgspec.field(default_factory=_Replacement)


class _End(msgspec.Struct):
    namespace: str = ""
    pod_name: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.pod_name}"


class _Flow(msgspec.Struct):
    verdict: str = ""
    source: _End = msgspec.field(default_factory=_End)
    destination: _End = msgspec.field(default_factory=_End)


class _Line(msgspec.Struct):
    flow: _Flow = msgspec.field(default_factory=_Flow)


def names(world: World, step: Step, deadline: float) -> str:
    """A pod resolves a name of the cluster and one of the world outside."""
    return dns.check(world.kubectl, world.domain, deadline, step)


def kube_proxy(world: World, step: Step, deadline: float) -> str:
    """There is no kube-proxy, and Cilium says that it does its work: with k3s, kube-proxy would be in no pod."""
    found = world.kubectl.get("daemonsets,pods", "-A", "-l", "k8s-app=kube-proxy")
    if found:
        metadata = found[0]["metadata"]
        raise CheckFailed(f"there is a kube-proxy: {found[0]['kind']} {metadata['namespace']}/{metadata['name']}")

    def probe() -> str:
        text = in_agent(world, "cilium-dbg", "status", "-o", "json")
        mode = http.decoded(text, _Status, "cilium-dbg status").kube_proxy_replacement.mode
        if mode != "True":
            raise CheckFailed(f"Cilium's agent says kube-proxy-replacement: {mode or 'nothing'}")
        return "no kube-proxy, and Cilium's agent does its work"

    return wait(probe, deadline, step, "Cilium's agent")


def hosts(world: World, step: Step, deadline: float) -> str:
    """Every host name of the HTTPRoutes answers at the Gateway, asked from here."""
    routes = [item for items in world.objects.values() for item in items if item["kind"] == "HTTPRoute"]
    asked = {host: _path(item) for item in routes for host in item["spec"].get("hostnames", [])}
    if not asked:
        raise CheckFailed("no HTTPRoute has a host name")
    answers: dict[str, int] = {}

    def probe() -> str:
        for host, path in asked.items():
            code, _ = http.request(world.address, "GET", path, {"Host": host})
            if code >= 400:
                raise CheckFailed(f"http://{host}{path} at {world.address} answers {code}")
            answers[host] = code
        return ", ".join(f"{host} {code}" for host, code in sorted(answers.items()))

    return wait(probe, deadline, step, "the Gateway")


def hubble_ui(world: World, step: Step, deadline: float) -> str:
    """The Gateway leads to Hubble's UI by its host name; where it leads to HTTPS, the UI's Service is asked instead."""
    routes = [item for items in world.objects.values() for item in items if item["kind"] == "HTTPRoute"]
    found = [host for item in routes if _leads_to(item, "hubble-ui") for host in item["spec"].get("hostnames", [])]
    if not found:
        raise CheckFailed("no HTTPRoute with a host name leads to hubble-ui")

    def probe() -> str:
        code, text = http.request(world.address, "GET", "/", {"Host": found[0]})
        if code in (301, 302, 307, 308):
            text = http.get(world.kubectl, _SYSTEM, ("hubble-ui", "http"), "/")
        elif code != 200:
            raise CheckFailed(f"http://{found[0]}/ at {world.address} answers {code}")
        if "<title>Hubble UI</title>" not in text:
            raise CheckFailed(f"http://{found[0]}/ at {world.address} is not Hubble's UI: {text[:80]!r}")
        return f"{found[0]} is Hubble's UI"

    return wait(probe, deadline, step, "Hubble's UI")


def flows(world: World, step: Step, deadline: float) -> str:
    """Hubble sees a flow between pods."""

    def probe() -> str:
        lines = in_agent(world, "hubble", "observe", "--last", "20", "-o", "jsonpb").splitlines()
        for flow in (http.decoded(line, _Line, "hubble observe").flow for line in lines):
            if flow.source.pod_name and flow.destination.pod_name:
                return f"{flow.source} → {flow.destination} {flow.verdict}".strip()
        raise CheckFailed(f"Hubble has {len(lines)} flows, and none of them between two pods")

    return wait(probe, deadline, step, "Hubble")


def in_agent(world: World, *argv: str) -> str:
    """What a program in one of Cilium's agents prints; PenstockError when it fails."""
    words = ["exec", "daemonset/cilium", "-n", _SYSTEM, "-c", "cilium-agent", "--", *argv]
    try:
        return world.kubectl.run(*words, timeout=30).text
    except CommandFailed as failure:
        raise CheckFailed(f"Cilium's agent can't run {argv[0]}: {failure.result.complaint}") from None


def _leads_to(route: dict[str, Any], service: str) -> bool:
    rules = route["spec"].get("rules", [])
    return any(each.get("name") == service for rule in rules for each in rule.get("backendRefs", []))


def _path(route: dict[str, Any]) -> str:
    for rule in route["spec"].get("rules", []):
        for match in rule.get("matches", []):
            return str(match.get("path", {}).get("value", "/"))
    return "/"

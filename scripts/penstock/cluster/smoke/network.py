"""Checks of the network: DNS, Cilium instead of kube-proxy, the Gateway, flows, and Hubble's UI."""

from __future__ import annotations

import msgspec

from penstock.cluster import dns
from penstock.cluster.smoke import http
from penstock.cluster.smoke.check import CheckFailed, World, wait
from penstock.core.console import Step
from penstock.core.process import CommandFailed
from penstock.kube.gateway import RouteSpec
from penstock.kube.ref import ObjectRef

_SYSTEM = "kube-system"


class _Replacement(msgspec.Struct):
    mode: str = ""


class _Status(msgspec.Struct, rename="kebab"):
    kube_proxy_replacement: _Replacement = msgspec.field(default_factory=_Replacement)


class _Endpoint(msgspec.Struct):
    namespace: str = ""
    pod_name: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.pod_name}"


class _Flow(msgspec.Struct):
    verdict: str = ""
    source: _Endpoint = msgspec.field(default_factory=_Endpoint)
    destination: _Endpoint = msgspec.field(default_factory=_Endpoint)


class _Line(msgspec.Struct):
    flow: _Flow = msgspec.field(default_factory=_Flow)


def names(world: World, step: Step, deadline: float) -> str:
    """A pod resolves a cluster name and an external name."""
    return dns.check(world.kubectl, world.domain, deadline, step)


def kube_proxy(world: World, step: Step, deadline: float) -> str:
    """No kube-proxy runs in a pod, and Cilium reports that it replaces it: k3s would run it outside of pods."""
    present = world.kubectl.get("daemonsets,pods", "-A", "-l", "k8s-app=kube-proxy")
    if present:
        raise CheckFailed(f"there is a kube-proxy: {ObjectRef.of(present[0])}")

    def probe() -> str:
        text = in_agent(world, "cilium-dbg", "status", "-o", "json")
        mode = http.decoded(text, _Status, "cilium-dbg status").kube_proxy_replacement.mode
        if mode != "True":
            raise CheckFailed(f"Cilium's agent reports kube-proxy-replacement: {mode or 'nothing'}")
        return "no kube-proxy, Cilium's agent replaces it"

    return wait(probe, deadline, step, "Cilium's agent")


def hosts(world: World, step: Step, deadline: float) -> str:
    """The Gateway answers requests from this machine for every host name of the HTTPRoutes."""
    paths = {host: _path(route) for route in _routes(world) for host in route.hostnames}
    if not paths:
        raise CheckFailed("no HTTPRoute has a host name")
    answers: dict[str, int] = {}

    def probe() -> str:
        for host, path in paths.items():
            code, _ = http.request(world.address, "GET", path, {"Host": host})
            if code >= 400:
                raise CheckFailed(f"http://{host}{path} at {world.address} answers {code}")
            answers[host] = code
        return ", ".join(f"{host} {code}" for host, code in sorted(answers.items()))

    return wait(probe, deadline, step, "the Gateway")


def hubble_ui(world: World, step: Step, deadline: float) -> str:
    """The Gateway serves Hubble's UI under its host name; if it redirects to HTTPS, the UI's Service is checked."""
    names = [host for route in _routes(world) if _has_backend(route, "hubble-ui") for host in route.hostnames]
    if not names:
        raise CheckFailed("no HTTPRoute with a host name has the backend hubble-ui")

    def probe() -> str:
        code, text = http.request(world.address, "GET", "/", {"Host": names[0]})
        if code in (301, 302, 307, 308):
            text = http.get(world.kubectl, _SYSTEM, ("hubble-ui", "http"), "/")
        elif code != 200:
            raise CheckFailed(f"http://{names[0]}/ at {world.address} answers {code}")
        if "<title>Hubble UI</title>" not in text:
            raise CheckFailed(f"http://{names[0]}/ at {world.address} is not Hubble's UI: {text[:80]!r}")
        return f"{names[0]} is Hubble's UI"

    return wait(probe, deadline, step, "Hubble's UI")


def flows(world: World, step: Step, deadline: float) -> str:
    """Hubble reports a flow between two pods."""

    def probe() -> str:
        lines = in_agent(world, "hubble", "observe", "--last", "20", "-o", "jsonpb").splitlines()
        for flow in (http.decoded(line, _Line, "hubble observe").flow for line in lines):
            if flow.source.pod_name and flow.destination.pod_name:
                return f"{flow.source} → {flow.destination} {flow.verdict}".strip()
        raise CheckFailed(f"Hubble has {len(lines)} flows, none of them between two pods")

    return wait(probe, deadline, step, "Hubble")


def in_agent(world: World, *argv: str) -> str:
    """Return the output of a command in one of Cilium's agents; raises CheckFailed if the command fails."""
    command = ["exec", "daemonset/cilium", "-n", _SYSTEM, "-c", "cilium-agent", "--", *argv]
    try:
        return world.kubectl.run(*command, timeout=30).text
    except CommandFailed as failure:
        raise CheckFailed(f"Cilium's agent can't run {argv[0]}: {failure.result.complaint}") from None


def _routes(world: World) -> list[RouteSpec]:
    return [item.spec_as(RouteSpec) for item in world.objects if item.kind == "HTTPRoute"]


def _has_backend(route: RouteSpec, service: str) -> bool:
    return any(each.name == service for rule in route.rules for each in rule.backend_refs)


def _path(route: RouteSpec) -> str:
    return next((match.path.value for rule in route.rules for match in rule.matches), "/")

"""DNS, kube-proxy, the Gateway and flows, with recorded and with broken answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.cluster import dns
from penstock.cluster.smoke import network
from smoke_support import Fake, fails, passes, recorded, serve, world

NONE: dict[str, Any] = {"items": []}


def agent(answer: Any, proxies: Any = NONE) -> Fake:
    return Fake(answers={"get daemonsets,pods": proxies, "exec daemonset/cilium": answer})


def test_no_kube_proxy() -> None:
    status = recorded("cilium-status.json")
    assert passes(network.kube_proxy, world(agent(status))) == "no kube-proxy, Cilium's agent replaces it"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"kube-proxy-replacement": {"mode": "False"}}, "Cilium's agent reports kube-proxy-replacement: False"),
        ({}, "Cilium's agent reports kube-proxy-replacement: nothing"),
        ("KVStore: Disabled", "cilium-dbg status answers unexpectedly"),
        ("{\n  half", "cilium-dbg status answers unexpectedly"),
        (1, "Cilium's agent can't run cilium-dbg: Error (NotFound)"),
    ],
)
def test_an_agent_that_does_not_replace_kube_proxy(answer: Any, said: str) -> None:
    assert fails(network.kube_proxy, world(agent(answer))).startswith(said)


def test_a_running_kube_proxy_is_reported() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "kube-system", "name": "kube-proxy-x"}}
    said = fails(network.kube_proxy, world(agent({"kube-proxy-replacement": {"mode": "True"}}, {"items": [pod]})))
    assert said == "there is a kube-proxy: Pod kube-system/kube-proxy-x"


def test_names_are_looked_up_in_the_cluster_s_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "check", lambda _, domain, seconds, __: f"{domain} in {seconds} s")
    assert passes(network.names, world(Fake())) == "cluster.local in 0.15 s"


API = "gateway.networking.k8s.io/v1"


def route(host: str, path: str = "") -> dict[str, Any]:
    rules = [{"matches": [{"path": {"type": "PathPrefix", "value": path}}]}] if path else [{"backendRefs": []}]
    spec = {"hostnames": [host], "rules": rules}
    return {"apiVersion": API, "kind": "HTTPRoute", "metadata": {"name": host}, "spec": spec}


ROUTES = [
    route("grafana.local"),
    route("demo.local", "/api"),
    {"kind": "Gateway", "metadata": {"name": "a"}, "spec": {}},
]


def test_every_host_answers() -> None:
    with serve() as web:
        web.answers = {"grafana.local GET /": (302, ""), "demo.local GET /api": (200, "{}")}
        found = passes(network.hosts, world(Fake(), web.address, gateway=ROUTES))
    assert found == "demo.local 200, grafana.local 302"


@pytest.mark.parametrize("code", [404, 503])
def test_a_host_that_is_not_found(code: int) -> None:
    with serve() as web:
        web.answers = {"grafana.local GET /": (302, ""), "demo.local GET /api": (code, "")}
        said = fails(network.hosts, world(Fake(), web.address, gateway=ROUTES))
        assert said.startswith(f"http://demo.local/api at {web.address} answers {code} (waited")


def test_an_unreachable_gateway() -> None:
    with serve() as web:
        address = web.address
    assert "doesn't answer" in fails(network.hosts, world(Fake(), address, gateway=ROUTES))


def test_routes_without_a_host() -> None:
    assert fails(network.hosts, world(Fake(), "127.0.0.1:1", gateway=ROUTES[2:])) == "no HTTPRoute has a host name"


WORLD = {
    "flow": {"verdict": "FORWARDED", "source": {"labels": ["reserved:world"]}, "destination": {"pod_name": "api-1"}}
}


def lines(*flows: Any) -> str:
    return "".join(f"{json.dumps(flow)}\n" for flow in flows)


def test_a_flow_between_pods() -> None:
    found = passes(network.flows, world(agent(lines({"node_status": {}}, WORLD) + recorded("hubble-flows.jsonl"))))
    collector = "observability/opentelemetry-collector-575f68cd5d-mlmw2"
    assert found == f"{collector} → observability/loki-0 FORWARDED"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lines(WORLD), "Hubble has 1 flows, none of them between two pods"),
        ("", "Hubble has 0 flows"),
        ("failed to connect to Hubble\n", "hubble observe answers unexpectedly"),
        (1, "Cilium's agent can't run hubble"),
    ],
)
def test_no_flow(answer: Any, said: str) -> None:
    assert fails(network.flows, world(agent(answer))).startswith(said)


UI = [
    {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": {"name": "hubble"},
        "spec": {"hostnames": ["hubble.local"], "rules": [{"backendRefs": [{"name": "hubble-ui", "port": 80}]}]},
    }
]
PAGE = "<!DOCTYPE html><html><head><title>Hubble UI</title></head></html>"


def test_hubble_s_ui_answers() -> None:
    with serve() as web:
        web.answers = {"hubble.local GET /": (200, PAGE)}
        assert (
            passes(network.hubble_ui, world(Fake(), web.address, gateway=ROUTES + UI)) == "hubble.local is Hubble's UI"
        )


def test_with_a_redirect_to_https_the_ui_s_service_is_checked() -> None:
    fake = Fake(answers={"services/http:hubble-ui:http/proxy/": PAGE})
    with serve() as web:
        web.answers = {"hubble.local GET /": (301, "")}
        assert passes(network.hubble_ui, world(fake, web.address, gateway=UI)) == "hubble.local is Hubble's UI"
        said = fails(network.hubble_ui, world(Fake(), web.address, gateway=UI))
    assert said.startswith("kube-system/hubble-ui:http/: Error (NotFound)")


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (503, PAGE, "http://hubble.local/ at {} answers 503"),
        (200, "", "http://hubble.local/ at {} is not Hubble's UI: ''"),
        (200, "<title>Grafana</title>", "http://hubble.local/ at {} is not Hubble's UI: '<title>Grafana</title>'"),
    ],
)
def test_a_host_that_is_not_hubble_s_ui(code: int, text: str, said: str) -> None:
    with serve() as web:
        web.answers = {"hubble.local GET /": (code, text)}
        assert fails(network.hubble_ui, world(Fake(), web.address, gateway=UI)).startswith(said.format(web.address))


def test_no_route_to_the_ui() -> None:
    said = fails(network.hubble_ui, world(Fake(), "127.0.0.1:1", gateway=ROUTES))
    assert said == "no HTTPRoute with a host name has the backend hubble-ui"


def test_an_agent_that_comes_late_is_waited_for() -> None:
    late = [1, {"kube-proxy-replacement": {"mode": "True"}}]
    assert passes(network.kube_proxy, world(agent(late))) == "no kube-proxy, Cilium's agent replaces it"
    assert passes(network.flows, world(agent(["", recorded("hubble-flows.jsonl")]))).startswith("observability/")

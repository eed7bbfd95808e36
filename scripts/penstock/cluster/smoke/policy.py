"""Checks with two test pods: a Service is reachable, and a network policy denies traffic."""

from __future__ import annotations

import msgspec

from penstock.cluster.smoke import http
from penstock.cluster.smoke.check import CheckFailed, World, wait
from penstock.cluster.smoke.network import in_agent
from penstock.cluster.smoke.pods import NAMESPACE, SERVER, Pair, pair
from penstock.core.console import Step
from penstock.kube.ref import Content

_POLICY = "deny"


class _Address(msgspec.Struct):
    ip: str = ""


class _Spec(msgspec.Struct, rename="kebab"):
    frontend_address: _Address = msgspec.field(default_factory=_Address)
    backend_addresses: list[_Address] | None = None


class _Service(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


def services(world: World, step: Step, deadline: float) -> str:
    """A pod reaches another by a Service's address, and Cilium's agent has the pod as a backend of the Service."""
    with pair(world.kubectl, step, deadline) as pods:

        def probe() -> str:
            _reached(pods)
            text = in_agent(world, "cilium-dbg", "service", "list", "-o", "json")
            known = [item.spec for item in http.decoded(text, list[_Service], "cilium-dbg service list")]
            behind = [
                each.ip
                for spec in known
                if spec.frontend_address.ip == pods.service
                for each in spec.backend_addresses or []
            ]
            if pods.pod not in behind:
                raise CheckFailed(
                    f"{pods.service} reaches {pods.pod}, but not by Cilium's agent; its backends are: "
                    f"{', '.join(behind) or 'none'}"
                )
            return f"{pods.service} reaches {pods.pod} by Cilium's agent"

        return wait(probe, deadline, step, "a Service")


def policy(world: World, step: Step, deadline: float) -> str:
    """A pod answers, doesn't answer under a policy that denies all traffic, and answers again without it."""
    with pair(world.kubectl, step, deadline) as pods:
        wait(lambda: _reached(pods), deadline, step, "the server")
        world.kubectl.apply([_deny()], manager="penstock")
        wait(lambda: _denied(pods), deadline, step, "the policy to deny")
        world.kubectl.run("delete", "networkpolicy", _POLICY, "-n", NAMESPACE)
        wait(lambda: _reached(pods), deadline, step, "the server, without the policy")
    return "answered, was denied by a policy, and answered without it"


def _reached(pods: Pair) -> bool:
    error = pods.ask()
    if error:
        raise CheckFailed(f"{pods.service} (pod {pods.pod}) can't be reached from another pod: {error}")
    return True


def _denied(pods: Pair) -> bool:
    error = pods.ask()
    # Denied traffic is dropped, so the client times out. Any other error comes from a reachable host.
    if "timed out" not in error:
        reaction = f"responds with {error!r}" if error else "answers"
        raise CheckFailed(f"a policy denies all traffic, but {pods.service} still {reaction}")
    return True


def _deny() -> Content:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": _POLICY, "namespace": NAMESPACE},
        "spec": {"podSelector": {"matchLabels": {"app": SERVER}}, "policyTypes": ["Ingress"]},
    }

"""Checks with two pods of our own: a Service is reached, and a network policy that denies does deny."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.cluster.smoke import http
from penstock.cluster.smoke.check import CheckFailed, World, wait
from penstock.cluster.smoke.network import in_agent
from penstock.cluster.smoke.pods import NAMESPACE, SERVER, Pair, pair
from penstock.core.console import Step

_POLICY = "deny"


class _Address(msgspec.Struct):
    ip: str = ""


class _Spec(msgspec.Struct, rename="kebab"):
    frontend_address: _Address = msgspec.field(default_factory=_Address)
    backend_addresses: list[_Address] | None = None


class _Service(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


def services(world: World, step: Step, deadline: float) -> str:
    """A pod reaches another by the address of a Service, and Cilium's agent is who leads it there."""
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
                    f"{pods.service} leads to {pods.pod}, but Cilium's agent knows {', '.join(behind) or 'nothing'} "
                    "behind it: who else leads there?"
                )
            return f"{pods.service} leads to {pods.pod}, by Cilium's agent"

        return wait(probe, deadline, step, "a Service")


def policy(world: World, step: Step, deadline: float) -> str:
    """A pod that answers no longer does under a policy that denies, and does again without it."""
    with pair(world.kubectl, step, deadline) as pods:
        wait(lambda: _reached(pods), deadline, step, "the server")
        world.kubectl.apply([_deny()], manager="penstock")
        wait(lambda: _denied(pods), deadline, step, "the policy to deny")
        world.kubectl.run("delete", "networkpolicy", _POLICY, "-n", NAMESPACE)
        wait(lambda: _reached(pods), deadline, step, "the server, without the policy")
    return "answered, was denied by a policy, and answered without it"


def _reached(pods: Pair) -> bool:
    said = pods.ask()
    if said:
        raise CheckFailed(f"{pods.service} (pod {pods.pod}) can't be reached from another pod: {said}")
    return True


def _denied(pods: Pair) -> bool:
    said = pods.ask()
    # What a policy denies is dropped, so the client waits in vain. A refusal would come from somebody who listens.
    if "timed out" not in said:
        raise CheckFailed(
            f"a policy denies all of it, and {pods.service} still {f'says {said!r}' if said else 'answers'}"
        )
    return True


def _deny() -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": _POLICY, "namespace": NAMESPACE},
        "spec": {"podSelector": {"matchLabels": {"app": SERVER}}, "policyTypes": ["Ingress"]},
    }

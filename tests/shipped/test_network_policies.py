"""The platform's own network policies: every pod is governed, and what is not declared is denied."""

from __future__ import annotations

import pytest

from penstock.docs.connections_page import allowed, everyone
from penstock.policies.actors import actor
from penstock.policies.enforced import Enforced
from penstock.policies.parse import policies
from support import ENVIRONMENTS, SHIPPED, shipped


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_of_the_platforms_own_namespaces_is_denied_what_nothing_allows(environment: str) -> None:
    platform = shipped(environment)
    own = {name for _, name in platform.of("Namespace")}
    pods = [item for item in platform.workloads if item.namespace in own and not item.template.spec.host_network]
    assert pods
    enforced = Enforced([actor(item) for item in pods], policies(platform))
    assert enforced.governed_in == enforced.governed_out == enforced.every


def test_the_page_of_connections_has_what_is_allowed() -> None:
    found = allowed(shipped("production"))
    assert found["observability/grafana", "observability/loki"] == {"3100"}
    assert found["observability/loki", "pod-identity"] == {"80"}
    assert ("demo/api", "observability/loki") not in found
    page = (SHIPPED.root / "docs" / "reference" / "connections.md").read_text()
    assert "| observability/grafana | observability/loki | 3100 | all |\n" in page
    assert "| observability/loki | pod-identity | 80 | production, production-eu-west-1 |\n" in page


@pytest.mark.parametrize(
    ("environment", "sender", "receiver"),
    [
        ("k3d", "demo/api", "observability/loki"),
        ("k3d", "demo/traffic", "demo/postgres"),
        ("k3d", "demo/postgres", "world"),
        ("k3d", "observability/grafana", "object-storage/object-storage"),
        ("k3d", "object-storage/object-storage", "world"),
        # Beyla, on another node than Prometheus: it is that node to a policy.
        ("production", "remote-node", "observability/prometheus"),
        ("production", "observability/grafana", "world"),
        ("production", "applications", "observability/prometheus"),
        ("production", "world", "observability/grafana"),
    ],
)
def test_what_the_contract_lacks_is_denied_at_every_port(environment: str, sender: str, receiver: str) -> None:
    platform = shipped(environment)
    every = everyone(platform)
    enforced = Enforced(every, policies(platform))
    numbers = {one.name: number for number, one in enumerate(every)}
    ports = every[numbers[receiver]].ports
    assert ports
    assert all(enforced.refusal(numbers[sender], numbers[receiver], port) for port in ports)

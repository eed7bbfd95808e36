"""Every namespace of the platform enforces a Pod Security level, and less than `restricted` is justified."""

from __future__ import annotations

import pytest

from penstock.platform import environments
from penstock.platform.layout import ENGINE, Layout
from penstock.platform.manifests import Manifests

LAYOUT = Layout(ENGINE)
_LABEL = "pod-security.kubernetes.io"
_MODES = ("enforce", "audit", "warn")


def labels(environment: str) -> dict[str, dict[str, str]]:
    """Namespace -> its Pod Security labels, without their prefix."""
    found = Manifests(LAYOUT.tree(environment)).all_objects()
    spaces = {item.name: item.metadata.labels for item in found if item.kind == "Namespace"}
    assert spaces
    return {
        name: {key.removeprefix(f"{_LABEL}/"): value for key, value in own.items() if key.startswith(f"{_LABEL}/")}
        for name, own in spaces.items()
    }


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_a_namespace_enforces_restricted_unless_the_page_on_security_says_why_not(environment: str) -> None:
    page = (ENGINE / "docs" / "security.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| pods that need access to the node |"))
    for name, own in labels(environment).items():
        assert {own.get(mode) for mode in _MODES} in ({"restricted"}, {"privileged"}), name
        assert own["enforce"] == "restricted" or f"`{name}`" in row, f"docs/security.md doesn't justify {name}"


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_what_a_level_means_is_pinned_to_a_version_that_the_cluster_knows(environment: str) -> None:
    every = [environments.read(LAYOUT, name).kubernetes.version for name in environments.names(LAYOUT)]
    oldest = min(tuple(map(int, version.split(".")[:2])) for version in every)
    for name, own in labels(environment).items():
        assert own.get("enforce-version") == f"v{oldest[0]}.{oldest[1]}", name


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_every_namespace_that_has_pods_is_one_of_ours_or_the_clusters_own(environment: str) -> None:
    """A namespace that nobody makes would be made by hand, and enforce nothing."""
    found = Manifests(LAYOUT.tree(environment)).all_objects()
    used = {item.namespace for item in found if item.namespace}
    assert used - labels(environment).keys() <= {"kube-system", "flux-system"}

"""Each pair is an accident: what the real API server and the real Flux do on the way to its head, and back.

All share a cluster, except those that stop Flux itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.cluster.upgrade.rehearse import rehearse, reviewed, untouched
from penstock.gates.rehearse_upgrade import findings
from penstock.review.rehearsal import Passage, Rehearsal
from rehearsal_support import NAMES, PATIENCE, platform

pytestmark = pytest.mark.usefixtures("cluster_programs")

ALONE = ["cycle", "source-pruned"]
TOGETHER = [name for name in NAMES if name not in ALONE]
# Pair -> what the API server says on the way to the head.
REFUSED = {
    "claim-shrunk": "field can not be less than status.capacity",
    "cluster-ip": "spec.clusterIPs[0]: Invalid value",
    "crd-narrowed": "Window crd-narrowed/first exists and is no longer valid",
    "crd-required": "spec.colour: Required value",
    "crd-version-dropped": "v1alpha1 was previously a storage version",
    "immutable-configmap": "field is immutable when `immutable` is set",
    "job-template": "spec.template: Invalid value",
    "over-quota": "exceeded quota: no-load-balancers, requested: services.loadbalancers=1",
    "role-ref": "roleRef: Invalid value",
    "selector": "spec.selector: Invalid value",
    "service-name": "spec.serviceName: Invalid value",
    "volume-size": "spec.volumeClaimTemplates: Invalid value",
}
FLUX = "kustomize.toolkit.fluxcd.io/Kustomization/flux-system"
PRUNED = {
    "namespace-removed": {"/Namespace//namespace-removed", "/PersistentVolumeClaim/namespace-removed/data"},
    "release-renamed": {"apps/Deployment/release-renamed/shop"},
    "component-renamed": {f"{FLUX}/component-renamed-shop"},
}
CLAIM = "/PersistentVolumeClaim/component-renamed/data"


@pytest.fixture(scope="module")
def together(cluster_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    return of(tmp_path_factory.mktemp("together"), TOGETHER)


def of(folder: Path, names: list[str], timeout: float = 120.0) -> Rehearsal:
    layout = platform(folder / "platform", names).layout
    review = reviewed(layout, "HEAD")
    (each,) = review.environments
    assert not untouched(layout, each, "HEAD")
    return rehearse(layout, review, each, "HEAD", timeout, PATIENCE)


def passage(rehearsal: Rehearsal, leg: str) -> Passage:
    return next(each for each in rehearsal.passages if each.leg == leg)


def lasting(found: Passage) -> dict[str, str]:
    return {refusal.component: refusal.message for refusal in found.refusals if refusal.until is None}


def test_there_are_sixteen() -> None:
    assert len(NAMES) >= 16
    assert set(NAMES) >= REFUSED.keys() | PRUNED.keys()


def test_the_base_becomes_ready(together: Rehearsal) -> None:
    assert passage(together, "base").ready
    assert passage(together, "base").refusals == []


@pytest.mark.parametrize("pair", REFUSED)
def test_a_refusal_is_in_the_api_servers_own_words(together: Rehearsal, pair: str) -> None:
    assert REFUSED[pair] in lasting(passage(together, "head"))[pair]


def test_nothing_else_is_refused(together: Rehearsal) -> None:
    assert lasting(passage(together, "head")).keys() == REFUSED.keys()


def test_what_flux_deleted(together: Rehearsal) -> None:
    assert set(passage(together, "head").pruned) == set().union(*PRUNED.values())


def test_a_component_under_another_name_loses_its_data(together: Rehearsal) -> None:
    assert CLAIM in passage(together, "head").recreated


def test_pods_of_a_changed_template_are_rolled(together: Rehearsal) -> None:
    assert passage(together, "head").rolled == ["apps/Deployment/rolled/shop"]


def test_a_resource_before_its_definition_fails_until_flux_tries_again(together: Rehearsal) -> None:
    (refusal,) = [each for each in passage(together, "head").refusals if each.component == "resource-first"]
    assert 'no matches for kind "Roof"' in refusal.message
    assert refusal.until is not None
    assert refusal.until > refusal.since


def test_a_service_becomes_an_external_name(together: Rehearsal) -> None:
    spans = {span.component: span for span in passage(together, "head").spans}
    assert spans["external-name"].ready is not None


def test_the_way_back_works(together: Rehearsal) -> None:
    back = passage(together, "back")
    assert back.ready
    assert lasting(back) == {}
    assert "/PersistentVolumeClaim/namespace-removed/data" in back.created


def test_no_prediction_is_disproved(together: Rehearsal) -> None:
    assert together.disproved == []


def test_each_lasting_refusal_is_a_finding(together: Rehearsal) -> None:
    found = list(findings(together))
    assert {finding.rule for finding in found} == {"rehearse-upgrade/refused"}
    assert len(found) == len(REFUSED)


def test_a_cycle_of_dependencies_also_stops_the_way_back(tmp_path: Path) -> None:
    # kustomize-controller sorts by dependencies what a new revision triggers, and with a cycle triggers nothing.
    found = of(tmp_path, ["cycle"], timeout=25.0)
    assert lasting(passage(found, "head")).keys() == {"cycle-one", "cycle-two"}
    assert not passage(found, "back").ready
    assert "rehearse-upgrade/way-back" in {finding.rule for finding in findings(found)}


def test_a_change_that_deletes_fluxs_source_has_no_way_back(tmp_path: Path) -> None:
    found = of(tmp_path, ["source-pruned"], timeout=45.0)
    assert "/Namespace//flux-system" in passage(found, "head").pruned
    assert lasting(passage(found, "back")) == {
        "platform": "Flux's own source is gone from the cluster: it fetches nothing"
    }

"""The gate `references`: a platform whose references hold passes, and each mistake in it is named in one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.gates.references import gate
from support import Mistake, Platform, copy_platform, mistakes

_BROKEN = Path(__file__).parent / "broken-references.yaml"


MISTAKES = mistakes(_BROKEN)


@pytest.fixture(scope="module")
def hydrated(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform whose references hold, hydrated once."""
    made = copy_platform("a-platform-whose-references-hold", tmp_path_factory.mktemp("references") / "platform")
    made.hydrate()
    return made.root


@pytest.fixture
def holding(hydrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A copy of it, and we stand in it."""
    made = Platform(Path(shutil.copytree(hydrated, tmp_path.resolve() / "platform")))
    monkeypatch.chdir(made.root)
    return made


def test_what_holds_passes_and_is_counted(holding: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    gate.references()
    assert capsys.readouterr().err == (
        "local: 106 references proven (names 47, Services 8, addresses 14, selectors 9, network policies 7, "
        "gateways and routes 4, pods 13, node ports 3, rights 1)\n"
    )


@pytest.mark.parametrize("broken", MISTAKES, ids=lambda broken: broken.mistake)
def test_a_mistake_is_named(broken: Mistake, holding: Platform) -> None:
    holding.replace(broken.file, broken.old, broken.new)
    with pytest.raises(PenstockError) as caught:
        gate.references()
    assert caught.value.message.splitlines() == broken.says


def test_a_platform_without_declarations_needs_none(good: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(good.root)
    gate.references()


def test_a_declaration_counts_in_its_environments_alone(holding: Platform) -> None:
    """What is for another environment is not there for this one."""
    holding.replace("helmfile.yaml", "local: {}", "local: {}\n  remote: {}")
    shutil.copytree(holding.tree, holding.root / "manifests" / "remote")
    shutil.copy(holding.root / "environments" / "local.yaml", holding.root / "environments" / "remote.yaml")
    gate.references()
    holding.replace("given.yaml", "by: Kubernetes\n", "by: Kubernetes\n    environments: [local]\n")
    with pytest.raises(PenstockError) as caught:
        gate.references()
    assert caught.value.message == (
        "manifests/remote/harbour/daemonset-watch.yaml: spec.template.spec.priorityClassName: "
        "there is no PriorityClass system-node-critical"
    )


def test_a_service_may_have_its_end_points_by_hand(holding: Platform) -> None:
    holding.replace("manifests/local/harbour/service-watch.yaml", "  selector:\n    app: watch\n", "")
    holding.write(
        "manifests/local/harbour/endpointslice-watch.yaml",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: watch, namespace: town, labels: {kubernetes.io/service-name: watch}}\n",
    )
    gate.references()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("service-watch.yaml", "selector:\n    app: watch", "type: ExternalName\n  externalName: watch.example.org"),
        ("deployment-clock.yaml", "key: gateway-on-host", "key: gone\n              optional: true"),
        ("persistentvolumeclaim-clock.yaml", "storageClassName: disks", 'storageClassName: ""'),
        ("deployment-clock.yaml", "http://lighthouse:80", "http://$(LIGHT):80/ http://lighthouse:80"),
        ("httproute-clock.yaml", "clock.town.example", '"*.town.example"'),
        ("httproute-clock.yaml", "    port: 80\n    sectionName: http\n", ""),
        ("service-ledger.yaml", "name: http\n    port: 8080", "name: http\n    port: 8080\n    targetPort: http"),
        ("configmap-harbour.yaml", "    watch:", "    template: http://{{ host }}:80\n    watch:"),
        ("httproute-clock.yaml", "parentRefs:", "parentRefs:\n  - {kind: Service, name: clock}"),
        ("httproute-clock.yaml", "backendRefs:", "backendRefs:\n    - {kind: Bucket, name: clock}"),
        ("httproute-clock.yaml", "port: 80\n    sectionName: http\n", "port: 443\n    sectionName: https\n"),
        ("networkpolicy-clock.yaml", "- podSelector:", "- ipBlock: {cidr: 10.0.0.0/8}\n    - podSelector:"),
        ("networkpolicy-clock.yaml", "port: 5432", "port: 5000\n      endPort: 6000"),
    ],
)
def test_what_only_looks_wrong_passes(file: str, old: str, new: str, holding: Platform) -> None:
    holding.replace(f"manifests/local/harbour/{file}", old, new)
    gate.references()

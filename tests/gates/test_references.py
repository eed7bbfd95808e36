"""The gate `references`: a platform with valid references passes, and each mistake is one finding."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.gates.examples import Example, read
from penstock.gates.references import gate
from support import Platform, copy_platform, found, prove

_BROKEN = Path(__file__).parent / "broken-references.yaml"


MISTAKES = read(_BROKEN)


@pytest.fixture(scope="module")
def hydrated(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform with valid references, hydrated once."""
    made = copy_platform("a-platform-whose-references-hold", tmp_path_factory.mktemp("references") / "platform")
    made.hydrate()
    return made.root


@pytest.fixture
def holding(hydrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A copy of it, as the working directory."""
    made = Platform(Path(shutil.copytree(hydrated, tmp_path.resolve() / "platform")))
    monkeypatch.chdir(made.root)
    return made


def test_valid_references_pass_and_are_counted(holding: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    prove(gate.references)
    assert capsys.readouterr().err == (
        "local: 109 references proven (names 47, Services 8, addresses 14, selectors 9, network policies 7, "
        "gateways and routes 4, entry points 3, pods 13, node ports 3, rights 1)\n"
    )


@pytest.mark.parametrize("broken", MISTAKES, ids=lambda broken: broken.mistake)
def test_a_mistake_is_reported(broken: Example, holding: Platform) -> None:
    holding.edit(broken.file, broken.old, broken.new)
    if broken.rule:
        findings = found(gate.references)
        assert [str(finding) for finding in findings] == broken.says
        assert {finding.rule for finding in findings} == {broken.rule}
    else:
        with pytest.raises(PenstockError) as caught:
            prove(gate.references)
        assert caught.value.message.splitlines() == broken.says


def test_a_platform_without_declarations_needs_none(good: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(good.root)
    prove(gate.references)


def test_a_declaration_applies_only_to_its_environments(holding: Platform) -> None:
    """An object of another environment is missing in this one."""
    holding.replace("helmfile.yaml", "local: {}", "local: {}\n  remote: {}")
    shutil.copytree(holding.tree, holding.root / "manifests" / "remote")
    shutil.copy(holding.root / "environments" / "local.yaml", holding.root / "environments" / "remote.yaml")
    prove(gate.references)
    carpenter = "providedBy: the town's carpenter\n"
    holding.replace("external.yaml", carpenter, f"{carpenter}    environments: [local]\n")
    with pytest.raises(PenstockError) as caught:
        prove(gate.references)
    assert caught.value.message.splitlines() == [
        "manifests/remote/harbour/persistentvolumeclaim-clock.yaml: spec.storageClassName: there is no StorageClass "
        "disks",
        "manifests/remote/harbour/statefulset-ledger.yaml: spec.volumeClaimTemplates[0].spec.storageClassName: "
        "there is no StorageClass disks",
    ]


# What charts name and every cluster has: an object's kind, where it names it, and the name.
_BUILTIN = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: builtin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ROLE}
subjects:
  - {kind: ServiceAccount, name: default, namespace: SPACE}
  - {kind: ServiceAccount, name: generic-garbage-collector, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: builtin, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader}
---
apiVersion: v1
kind: Pod
metadata: {name: builtin, namespace: town, labels: {app: builtin}}
spec:
  priorityClassName: system-cluster-critical
  serviceAccountName: default
  containers:
    - name: main
      image: example.org/builtin:1
      args: ["--api=https://kubernetes.default.svc", "--dns=kube-dns.kube-system.svc.cluster.local:53"]
      env: [{name: CA, valueFrom: {configMapKeyRef: {name: kube-root-ca.crt, key: KEY}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: builtin, namespace: kube-system}
spec: {maxUnavailable: 1, selector: {matchLabels: {k8s-app: kube-dns}}}
"""


def _builtin(platform: Platform, role: str = "view", space: str = "town", key: str = "ca.crt") -> None:
    text = _BUILTIN.replace("ROLE", role).replace("SPACE", space).replace("KEY", key)
    for number, document in enumerate(text.split("---\n")):
        platform.write(f"manifests/local/harbour/builtin-{number}.yaml", document)


@pytest.mark.parametrize("role", ["view", "edit", "admin", "cluster-admin", "system:auth-delegator"])
def test_objects_of_every_cluster_need_no_declaration(holding: Platform, role: str) -> None:
    _builtin(holding, role)
    prove(gate.references)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role": "viewer"}, "there is no ClusterRole viewer; did you mean `view`?"),
        # New in Kubernetes 1.36, and this environment's is older.
        (
            {"role": "system:controller:device-taint-eviction-controller"},
            "there is no ClusterRole system:controller:device-taint-eviction-controller",
        ),
        ({"space": "village"}, "there is no ServiceAccount village/default"),
        ({"key": "ca.pem"}, "ConfigMap town/kube-root-ca.crt has no key `ca.pem`"),
    ],
)
def test_unknown_objects_next_to_builtin_ones_are_reported(
    holding: Platform, change: dict[str, str], said: str
) -> None:
    _builtin(holding, **change)
    with pytest.raises(PenstockError) as caught:
        prove(gate.references)
    (line,) = caught.value.message.splitlines()
    assert said in line


def test_declaring_an_object_of_every_cluster_is_reported(holding: Platform) -> None:
    view = "  - {kind: ClusterRole, name: view, providedBy: Kubernetes}\n"
    holding.replace("external.yaml", "objects:\n", f"objects:\n{view}")
    with pytest.raises(PenstockError) as caught:
        prove(gate.references)
    assert caught.value.message == "external.yaml: ClusterRole view: every cluster has it"


def test_a_service_may_have_manual_endpoint_slices(holding: Platform) -> None:
    holding.replace("manifests/local/harbour/service-watch.yaml", "  selector:\n    app: watch\n", "")
    holding.write(
        "manifests/local/harbour/endpointslice-watch.yaml",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: watch, namespace: town, labels: {kubernetes.io/service-name: watch}}\n",
    )
    prove(gate.references)


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
def test_valid_but_suspicious_references_pass(file: str, old: str, new: str, holding: Platform) -> None:
    holding.replace(f"manifests/local/harbour/{file}", old, new)
    prove(gate.references)


def test_a_service_may_have_manual_endpoints(holding: Platform) -> None:
    holding.replace("manifests/local/harbour/service-watch.yaml", "  selector:\n    app: watch\n", "")
    holding.write(
        "manifests/local/harbour/endpoints-watch.yaml",
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: watch, namespace: town}\n",
    )
    prove(gate.references)


def test_a_token_secret_has_the_keys_of_its_controller(holding: Platform) -> None:
    token = "type: kubernetes.io/service-account-token\n"
    holding.write(
        "manifests/local/harbour/secret-token.yaml",
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: token, namespace: town}}\n{token}",
    )
    holding.write(
        "manifests/local/harbour/pod-reader.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: reader, namespace: town}\nspec:\n"
        "  imagePullSecrets: [{}]\n"
        "  containers:\n  - name: main\n    image: example.org/a:1\n"
        "    env: [{name: T, valueFrom: {secretKeyRef: {name: token, key: token}}}]\n",
    )
    prove(gate.references)

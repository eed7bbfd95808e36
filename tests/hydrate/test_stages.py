"""The stages by themselves: select, lock, split, order, and what must hold before a byte is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import Layout
from penstock.hydrate import check, lock, order, select, split
from penstock.hydrate.hooks import Decided
from penstock.hydrate.lock import Lock, Locked, LockedComponent
from penstock.platform import environments
from penstock.tools.render import Answer, Defined, Object, Rule
from support import PLATFORMS, Platform


def thing(kind: str, name: str, namespace: str = "", api: str = "v1", **more: object) -> Object:
    """An object as the renderer gives it."""
    return msgspec.convert(
        {
            "apiVersion": api,
            "objectKind": kind,
            "namespace": namespace,
            "name": name,
            "text": "x",
            "source": "s",
            **more,
        },
        Object,
        from_attributes=True,
    )


def component(*objects: Object, depends_on: tuple[str, ...] = ()) -> LockedComponent:
    """A component of these objects."""
    answer = Answer(kind="component", component="c", digest="d", depends_on=list(depends_on))
    return split.split("i", answer, Decided({"": list(objects)}))[0]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """The good platform, not hydrated."""
    return Layout(Path(shutil.copytree(PLATFORMS / "good", tmp_path / "platform")))


# --- select


def test_components_are_found_in_order(layout: Layout) -> None:
    (layout.components / "README.md").write_text("not a component")
    (layout.components / ".hidden").mkdir()
    assert [item.name for item in select.components(layout, "local")] == ["greeting", "spaces"]


def test_a_component_of_another_environment_alone_is_left_out(layout: Layout) -> None:
    assert [item.name for item in select.components(layout, "elsewhere")] == ["greeting"]


@pytest.mark.parametrize(
    ("path", "is_input"),
    [
        ("components/greeting/values.yaml.gotmpl", True),
        ("components/greeting/new/file", True),
        ("components/greeting/.env", True),
        ("charts/note/templates/new.yaml", True),
        ("charts/note/.helmignore", True),
        ("environments/local.yaml", True),
        ("environments/base.yaml", True),
        ("helmfile.yaml", True),
        ("environments/shared.yaml", True),
        ("environments/eks/nodes.yaml", False),
        ("environments/README.md", False),
        ("components/spaces/kustomize/base/town.yaml", False),
        ("charts/another/Chart.yaml", False),
        ("README.md", False),
        ("components/greeting/README.md", False),
        ("components/greeting/new/README.md", True),
        ("charts/note/README.md", True),
        ("components/greeting/values.yaml~", False),
        ("components/greeting/.DS_Store", False),
    ],
)
def test_what_a_component_depends_on(path: str, is_input: bool, layout: Layout) -> None:
    def digest() -> str:
        (greeting, _) = select.components(layout, "local")
        return select.Inputs(layout, "local").of(greeting, ["charts/note"])

    before = digest()
    assert digest() == before
    place = layout.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a") as file:
        file.write("\n# changed\n")
    assert (digest() != before) is is_input


def test_a_file_that_moves_is_a_change(layout: Layout) -> None:
    greeting = select.components(layout, "local")[0]
    before = select.Inputs(layout, "local").of(greeting, [])
    (greeting.folder / "values.yaml.gotmpl").rename(greeting.folder / "v.yaml.gotmpl")
    assert select.Inputs(layout, "local").of(greeting, []) != before


def test_other_programs_make_everything_stale(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    before = select.Inputs(layout, "local").shared
    monkeypatch.setattr("penstock.tools.pins.Program.source_digest", "another")
    assert select.Inputs(layout, "local").shared != before


def test_environments(layout: Layout) -> None:
    assert environments.pick(layout, None) == ["local"]
    found = environments.read(layout, "local")
    assert (found.cluster.name, found.cluster.domain, found.kubernetes.version) == ("tiny", "cluster.local", "1.35.5")


# --- lock


def test_a_lock_reads_what_was_written(tmp_path: Path) -> None:
    written = Lock(version=lock.FORMAT, components={"a": component(thing("Namespace", "n"))}, flux={"f": "d"})
    (tmp_path / "penstock.lock").write_bytes(lock.encode(written))
    assert lock.read(tmp_path, "shown") == written


def test_a_lock_is_a_value_a_line_and_sorted() -> None:
    parts = {name: component(thing("Namespace", name)) for name in ("b", "a")}
    text = lock.encode(Lock(version=1, components=parts, flux={})).decode()
    assert text == lock.encode(Lock(version=1, components=dict(reversed(parts.items())), flux={})).decode()
    assert max(line.count(":") for line in text.splitlines()) == 1
    assert text.endswith("}\n")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 3}', '{"version": 3, "extra": 2}'])
def test_a_damaged_lock_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "penstock.lock").write_text(text)
    with pytest.raises(PenstockError, match=r"^shown/penstock.lock is not a lock"):
        lock.read(tmp_path, "shown")


def test_a_lock_of_an_older_format_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "penstock.lock").write_text('{"version": 0}')
    assert lock.read(tmp_path, "shown") == lock.EMPTY
    (tmp_path / "penstock.lock").unlink()
    assert lock.read(tmp_path, "shown") == lock.EMPTY


def test_the_digests_of_a_lock_are_those_of_the_files(good: Platform) -> None:
    from penstock.core.files import file_sha256

    noted = dict(good.lock.flux)
    for name, item in good.lock.components.items():
        noted |= {f"{name}/{file}": locked.sha256 for file, locked in item.files.items()}
    on_disk = {path.relative_to(good.tree).as_posix(): file_sha256(path) for path in good.tree.rglob("*.yaml")}
    assert noted == on_disk


# --- split


@pytest.mark.parametrize(
    ("objects", "files"),
    [
        ([thing("ConfigMap", "a", "n")], ["configmap-a.yaml"]),
        ([thing("ConfigMap", "a", "n"), thing("ConfigMap", "a", "m")], ["configmap-m-a.yaml", "configmap-n-a.yaml"]),
        (
            [thing("Ingress", "a", "n", "a.io/v1"), thing("Ingress", "a", "n", "b.io/v1")],
            ["ingress-a.io-n-a.yaml", "ingress-b.io-n-a.yaml"],
        ),
        ([thing("ClusterRole", "system:a")], ["clusterrole-system-a.yaml"]),
        ([thing("ConfigMap", "A/../b", "n")], ["configmap-a-..-b.yaml"]),
    ],
)
def test_a_file_is_named_after_its_object(objects: list[Object], files: list[str]) -> None:
    assert sorted(component(*objects).files) == files


def test_names_that_come_out_the_same_get_a_digest() -> None:
    """system:a and system-a are two objects and would be one file."""
    found = component(thing("ClusterRole", "system:a"), thing("ClusterRole", "system-a")).files
    assert len(found) == 2
    assert {locked.id.rsplit("/", 1)[1] for locked in found.values()} == {"system:a", "system-a"}


def test_naming_does_not_depend_on_the_order() -> None:
    objects = [thing("ConfigMap", name, space) for name in ("a", "b") for space in ("n", "m")] + [
        thing("Role", "a", "n")
    ]
    names = {file: locked.id for file, locked in component(*objects).files.items()}
    assert {file: locked.id for file, locked in component(*reversed(objects)).files.items()} == names
    assert len(names) == len(objects)


def test_no_object_takes_the_name_of_the_index() -> None:
    assert "kustomization.yaml" not in component(thing("Kustomization", "", "n")).files


@pytest.mark.parametrize("api", ["autoscaling/v2", "autoscaling/v1"])
def test_the_same_object_twice_is_refused(api: str) -> None:
    """Of two templates with one object, only one file could be written; another version is still the same object."""
    with pytest.raises(
        Findings, match="components/c: HorizontalPodAutoscaler n/a is rendered twice: by one and by two"
    ):
        component(
            thing("HorizontalPodAutoscaler", "a", "n", "autoscaling/v2", source="one"),
            thing("HorizontalPodAutoscaler", "a", "n", api, source="two"),
        )


def test_a_name_as_long_as_kubernetes_takes_is_a_file() -> None:
    (name,) = component(thing("CustomResourceDefinition", "a" * 253)).files
    assert len(name) < 255


# --- order

WIDGETS = [Defined(group="example.org", kind="Widget", namespaced=True)]
CRD = thing("CustomResourceDefinition", "widgets.example.org", api="apiextensions.k8s.io/v1", defines=WIDGETS)


def hook(group: str, resource: str) -> Object:
    api = "admissionregistration.k8s.io/v1"
    rule = Rule(groups=[group], resources=[resource])
    return thing("ValidatingWebhookConfiguration", "h", api=api, admits=[rule])


def test_an_edge_for_each_thing_that_the_api_needs() -> None:
    edges = order.order(
        {
            "definitions": component(CRD),
            "judge": component(hook("apps", "deployments"), thing("Service", "judge", "kube-system")),
            "shop": component(thing("Deployment", "shop", "town", "apps/v1")),
            "spaces": component(thing("Namespace", "town")),
            "till": component(thing("ConfigMap", "till", "town"), depends_on=("shop",)),
            "widgets": component(thing("Widget", "w", "town", "example.org/v1")),
        }
    )
    assert edges == {
        "definitions": [],
        "judge": [],
        "shop": ["judge", "spaces"],
        "spaces": [],
        "till": ["shop", "spaces"],
        "widgets": ["definitions", "spaces"],
    }


def test_who_needs_a_component_waits_for_the_flux_kustomizations_in_it_too() -> None:
    held = thing("Kustomization", "widget-crds", "flux-system", "kustomize.toolkit.fluxcd.io/v1", defines=CRD.defines)
    widget = component(thing("Widget", "w", "default", "example.org/v1"))
    assert order.order({"relay": component(held), "widgets": widget})["widgets"] == ["relay", "widget-crds"]


@pytest.mark.parametrize(
    ("objects", "is_relay"),
    [
        ([], True),
        ([("Kustomization", "kustomize.toolkit.fluxcd.io/v1")], True),
        ([("GitRepository", "source.toolkit.fluxcd.io/v1"), ("Kustomization", "kustomize.toolkit.fluxcd.io/v1")], True),
        ([("Kustomization", "kustomize.toolkit.fluxcd.io/v1"), ("ConfigMap", "v1")], False),
    ],
)
def test_a_relay_holds_objects_of_flux_alone(objects: list[tuple[str, str]], is_relay: bool) -> None:
    parts = [thing(kind, "x", "default", api) for kind, api in objects]
    assert order.is_relay(component(*parts)) is is_relay


@pytest.mark.parametrize(
    ("group", "resource", "kind", "api", "is_judged"),
    [
        ("", "pods", "Pod", "v1", True),
        ("*", "*", "Pod", "v1", True),
        ("", "*", "Pod", "v1", True),
        ("apps", "*", "Pod", "v1", False),
        ("networking.k8s.io", "networkpolicies", "NetworkPolicy", "networking.k8s.io/v1", True),
        ("networking.k8s.io", "ingresses", "Ingress", "networking.k8s.io/v1", True),
        ("gateway.networking.k8s.io", "gateways", "Gateway", "gateway.networking.k8s.io/v1", True),
        ("", "pods/eviction", "Pod", "v1", False),
    ],
)
def test_whom_an_admission_judges(group: str, resource: str, kind: str, api: str, is_judged: bool) -> None:
    edges = order.order({"judge": component(hook(group, resource)), "x": component(thing(kind, "x", "default", api))})
    assert edges["x"] == (["judge"] if is_judged else [])


SYSTEM = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["town", "kube-system"]}


@pytest.mark.parametrize(
    ("rule", "judged"),
    [
        ({}, ["cluster", "outside", "spaces", "town"]),
        ({"scope": "Namespaced"}, ["outside", "town"]),
        ({"scope": "Cluster"}, ["cluster", "spaces"]),
        ({"namespaces": {"matchExpressions": [SYSTEM]}}, ["cluster", "outside"]),
        ({"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "town"}}}, ["cluster", "spaces", "town"]),
        ({"namespaces": {"matchLabels": {"tier": "front"}}}, ["cluster", "spaces", "town"]),
        ({"namespaces": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}}, ["cluster", "outside"]),
        ({"namespaces": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["back"]}]}}, ["cluster"]),
        ({"objects": {"matchLabels": {"app": "shop"}}}, ["town"]),
        ({"objects": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}, ["outside", "town"]),
        ({"objects": {"matchLabels": {"app": "shop"}}, "scope": "Cluster"}, []),
    ],
)
def test_a_webhook_judges_what_its_rules_and_selectors_select(rule: dict[str, object], judged: list[str]) -> None:
    """As the API server does: a Namespace by its own labels, and no selector of namespaces leaves out a cluster's."""
    judge = thing(
        "ValidatingWebhookConfiguration",
        "h",
        api="admissionregistration.k8s.io/v1",
        admits=[Rule(["*"], ["*"], **rule)],  # type: ignore[arg-type]
    )
    labels = {"spaces": {"tier": "front"}, "town": {"app": "shop"}, "outside": {"app": "other"}}
    edges = order.order(
        {
            "judge": component(judge),
            "cluster": component(thing("PriorityClass", "p", api="scheduling.k8s.io/v1")),
            "outside": component(thing("ConfigMap", "o", "elsewhere")),
            "spaces": component(thing("Namespace", "town")),
            "town": component(thing("ConfigMap", "t", "town")),
        },
        lambda unit, _file: labels.get(unit, {}),
    )
    assert [name for name, before in edges.items() if "judge" in before] == judged


def test_what_no_webhook_judges() -> None:
    """The registrations themselves, so that a broken one can be removed."""
    other = hook("*", "*")
    assert order.order({"a": component(hook("*", "*")), "b": component(other)}) == {"a": [], "b": []}


def test_an_object_whose_labels_are_not_known_is_judged() -> None:
    rule = Rule([""], ["pods"], objects={"matchLabels": {"a": "b"}})
    judge = thing("MutatingWebhookConfiguration", "h", api="admissionregistration.k8s.io/v1", admits=[rule])
    parts = {"judge": component(judge), "x": component(thing("Pod", "p", "default"))}
    assert order.order(parts)["x"] == ["judge"]
    assert order.order(parts, lambda _unit, _file: {"a": "c"})["x"] == []


def test_a_webhook_that_needs_what_it_judges_is_told_the_way_out() -> None:
    parts = {
        "judge": component(hook("*", "*"), thing("Service", "judge", "town")),
        "spaces": component(thing("Namespace", "town")),
    }
    with pytest.raises(PenstockError, match=r"spaces needs judge \(admission of Namespace town\)") as caught:
        order.order(parts)
    for way in ("namespaceSelector", "objectSelector", "failurePolicy: Ignore", "scope: Namespaced"):
        assert way in caught.value.hint


def test_the_hooks_of_a_component_and_what_it_admits() -> None:
    """Others wait for the last hook, which may be what makes the webhook work; its own hooks aren't judged by it."""
    before, after = thing("Job", "before", "default", "batch/v1"), thing("Job", "after", "default", "batch/v1")
    answer = Answer(kind="component", component="judge", digest="d")
    parts = {"": [hook("*", "*")], "pre-deploy": [before], "post-deploy": [after]}
    judge = split.split("i", answer, Decided(parts))[0]
    edges = order.order(
        {"judge": judge, "x": component(thing("Pod", "p", "default")), "y": component(depends_on=("judge",))}
    )
    assert edges == {
        "judge": ["judge-pre-deploy"],
        "judge-post-deploy": ["judge"],
        "judge-pre-deploy": [],
        "x": ["judge-post-deploy"],
    }


def test_a_namespace_that_is_always_there_is_no_edge() -> None:
    edges = order.order({"a": component(thing("Namespace", "default")), "b": component(thing("Pod", "p", "default"))})
    assert edges["b"] == []


def test_a_cycle_is_shown_with_its_reasons() -> None:
    parts = {
        "a": component(thing("Pod", "p", "b-space"), thing("Namespace", "a-space")),
        "b": component(thing("Widget", "w", "c-space", "example.org/v1"), thing("Namespace", "b-space")),
        "c": component(CRD, thing("Namespace", "c-space"), thing("Pod", "p", "a-space")),
        "d": component(thing("Pod", "p", "a-space")),
    }
    with pytest.raises(PenstockError) as caught:
        order.order(parts)
    cycle, _, why = caught.value.message.removeprefix("dependency cycle: ").partition(": ")
    names = cycle.split(" -> ")
    assert names[0] == names[-1]
    assert set(names) == {"a", "b", "c"}
    assert "a needs b (Namespace b-space)" in why
    assert "c needs a (Namespace a-space)" in why
    assert why.count(" needs ") == 3


# --- check


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([thing("Pod", "p")], "Pod p (pod-p.yaml) has no metadata.namespace, and Pod needs one"),
        ([thing("Node", "n", "x")], "Node n (node-n.yaml) has metadata.namespace x, and Node can't have one"),
        ([thing("Widget", "w", "x", "example.org/v1")], "is of a kind that no component defines: example.org/Widget"),
        ([CRD, thing("Widget", "w", "", "example.org/v1")], "has no metadata.namespace, and Widget needs one"),
        ([thing("Kustomization", "k", "", "kustomize.toolkit.fluxcd.io/v1")], "has no metadata.namespace"),
    ],
)
def test_what_is_refused_before_writing(objects: list[Object], said: str) -> None:
    with pytest.raises(Findings) as caught:
        check.check({"c": component(*objects)})
    assert caught.value.message.startswith("components/c: ")
    assert said in caught.value.message


def test_a_namespace_that_kustomize_put_where_none_can_be() -> None:
    """The hint has the patch: kustomize can't know the scope of a custom kind."""
    crd = thing(
        "CustomResourceDefinition",
        "shops.example.org",
        api="apiextensions.k8s.io/v1",
        defines=[Defined("example.org", "Shop", False)],
    )
    with pytest.raises(Findings, match=r"has metadata\.namespace x, and Shop can't have one") as caught:
        check.check({"c": component(crd, thing("Shop", "s", "x", "example.org/v1"))})
    assert "{target: {kind: Shop}, patch: '[{op: remove, path: /metadata/namespace}]'}" in caught.value.hint


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(Findings) as caught:
        check.check({"a": component(thing("Pod", "p")), "b": component(thing("Pod", "q"))})
    assert len(caught.value.findings) == 2


def test_what_is_fine() -> None:
    good = component(CRD, thing("Widget", "w", "x", "example.org/v1"), thing("Namespace", "x"), thing("Pod", "p", "x"))
    check.check({"c": good})


@pytest.mark.parametrize("keys", [[], ["password"]])
def test_a_secret_may_carry_no_data(keys: list[str]) -> None:
    secret = thing("Secret", "s", "n", secretKeys=keys)
    if not keys:
        check.refuse_secrets("c", [secret])
        return
    with pytest.raises(Findings, match=r"components/c: Secret n/s carries data \(password\), rendered by s"):
        check.refuse_secrets("c", [secret])


def test_an_object_with_a_secret_inside() -> None:
    bundle = thing("ConfigMap", "s", "n", secretKeys=["metadata.annotations[copy]"])
    with pytest.raises(Findings, match=r"ConfigMap n/s carries the data of a Secret \(metadata.annotations\[copy\]\)"):
        check.refuse_secrets("c", [bundle])


def test_an_object_that_flux_leaves_out() -> None:
    local = thing("ConfigMap", "l", "n", dropped="config.kubernetes.io/local-config: true")
    with pytest.raises(Findings, match=r"ConfigMap n/l, rendered by s, has the annotation `config\.kubern"):
        check.refuse_dropped("c", [thing("ConfigMap", "m", "n"), local])


def test_locked_is_one_object() -> None:
    assert component(thing("Pod", "p", "x")).files["pod-p.yaml"] == Locked(
        id="/Pod/x/p", sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    )

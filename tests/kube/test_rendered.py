"""The model of rendered objects: the addresses in a text, where they lead, and the files that a container sees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.core.errors import PenstockError
from penstock.core.model import convert
from penstock.kube.addresses import in_text, in_value
from penstock.kube.dns import Broken, Target
from penstock.kube.fields import Selector
from penstock.kube.objects import Object, Workload
from penstock.kube.read import read
from penstock.platform.files import file_at, files
from penstock.platform.rendered import Rendered


def made(content: dict[str, Any]) -> Object:
    return read(Object("town", {"apiVersion": "v1", **content}, file="file"))


def found(text: str) -> list[tuple[str, int | str | None, bool]]:
    return [(address.host, address.port, address.certain) for address in in_text(text)]


@pytest.mark.parametrize(
    ("text", "host", "port", "certain"),
    [
        ("http://a:80/path", "a", 80, True),
        ("https://a", "a", 443, True),
        ("http://a.b.svc.cluster.local.:80", "a.b.svc.cluster.local.", 80, True),
        ("postgres://user:secret@a/books?x=1", "a", 5432, True),
        ("dns:///a.b.svc:9095", "a.b.svc", 9095, True),
        ("a:80", "a", 80, True),
        ("--to=a:80", "a", 80, True),
        ("dns+a.b.svc:80", "a.b.svc", 80, True),
        ("dnssrv+_grpc._tcp.a.b.svc", "a.b.svc", "grpc", False),
        ("the text says a:80 somewhere", "a", 80, False),
        ("a.b.svc", "a.b.svc", None, False),
        ("s3://a/b", "a", None, False),
    ],
)
def test_an_address_is_found(text: str, host: str, port: int | str | None, certain: bool) -> None:
    assert found(text) == [(host, port, certain)]


def test_every_address_of_a_list_is_found() -> None:
    assert found("a:80,b:8081") == [("a", 80, True), ("b", 8081, True)]


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0:4317",
        "tcp:90",
        "postgres:999",
        "--chown=nginx:101",
        "info:5",
        ":9090",
        "[::]:80",
        "localhost:80",
        "127.0.0.1:80",
        "12:30",
        "http://$(HOST):80",
        "http://${HOST}:80",
        "http://{{ .Values.host }}:80",
        "http://a.${NAMESPACE}.svc:80",
        "registry.example/a:1.2.3",
        "a:1.2.3",
        "sha256:0123abc",
        "$1:9100",
        "job:errors:rate5m",
        "Mon Jan 2 15:04:05",
        "/etc/a.svc/b",
    ],
)
def test_what_is_no_address_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_addresses_in_values_have_their_place() -> None:
    value = {
        "list": [{"url": "http://a:80"}],
        "text": "# http://comment:80\nurl = http://b:81\n",
        "db": {"host": "c", "port": 5432},
        "DB_HOST": "d",
        "DB_PORT": "5433",
        "server": {"host": "127.0.0.1", "port": 80},
        "filled": "http://$(E):82 ${env:F}:8083",
    }
    places = [(path, address.host, address.port) for path, address in in_value(value, "x", {"E": "e", "F": "f"})]
    assert places == [
        ("x.list[0].url", "a", 80),
        ("x.text line 2", "b", 81),
        ("x.db.host", "c", 5432),
        ("x.DB_HOST", "d", 5433),
        ("x.filled", "e", 82),
        ("x.filled", "f", 8083),
    ]


def service(name: str, headless: bool = False, **port: Any) -> dict[str, Any]:
    spec = {"selector": {"app": "a"}, "ports": [{"name": "http", "port": 80, **port}]}
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "town"},
        "spec": spec | ({"clusterIP": "None"} if headless else {}),
    }


CONTAINER = {
    "name": "main",
    "ports": [{"name": "web", "containerPort": 80}, {"name": "more", "containerPort": 8080}],
    "volumeMounts": [
        {"name": "all", "mountPath": "/all"},
        {"name": "all", "mountPath": "/etc/one.conf", "subPath": "a.yaml"},
        {"name": "some", "mountPath": "/some"},
        {"name": "some", "mountPath": "/deep", "subPath": "sub"},
    ],
}
VOLUMES = [
    {"name": "all", "configMap": {"name": "files"}},
    {
        "name": "some",
        "projected": {"sources": [{"configMap": {"name": "files", "items": [{"key": "b.txt", "path": "sub/c.txt"}]}}]},
    },
]
WORKLOAD = {
    "kind": "StatefulSet",
    "metadata": {"name": "a", "namespace": "town"},
    "spec": {
        "replicas": 2,
        "serviceName": "pods",
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [CONTAINER], "volumes": VOLUMES}},
    },
}
FILES = {
    "kind": "ConfigMap",
    "metadata": {"name": "files", "namespace": "town"},
    "data": {"a.yaml": "x: 1\n", "b.txt": "text", "c.json": '{"y": null}', "d.yaml": "{{ not: yaml"},
}
NAMESPACE = {"kind": "Namespace", "metadata": {"name": "town"}}
ITEMS = [NAMESPACE, service("a", targetPort="more"), service("pods", headless=True), WORKLOAD, FILES]
PLATFORM = Rendered("local", "cluster.local", (), tuple(map(made, ITEMS)))


def resolve(text: str, namespace: str = "town") -> Target | Broken | None:
    (address,) = in_text(text)
    return PLATFORM.network().resolve(address, namespace)


@pytest.mark.parametrize(
    "host", ["a", "a.town", "a.town.svc", "a.town.svc.", "a.town.svc.cluster.local", "a.town.svc.cluster.local."]
)
def test_a_service_is_found_by_every_form_of_its_name(host: str) -> None:
    target = resolve(f"http://{host}:80", "town" if host == "a" else "elsewhere")
    assert isinstance(target, Target)
    assert (target.service.name, target.port and target.port.name) == ("a", "http")
    assert [(one.workload.name, one.container.name, one.port.container_port) for one in target.backends] == [
        ("a", "main", 8080)
    ]


def test_a_pod_is_found_by_its_short_name_in_its_own_namespace() -> None:
    assert isinstance(resolve("http://a-1.pods:80"), Target)


def test_a_pod_is_found_behind_a_headless_service() -> None:
    target = resolve("http://a-1.pods.town.svc:80")
    assert isinstance(target, Target)
    assert [one.port.name for one in target.backends] == ["web"]
    assert resolve("http://a-2.pods.town.svc:80") == Broken(
        "Service town/pods gives no pod the name a-2; did you mean `a-1`?"
    )


def test_a_name_from_elsewhere_is_no_name_of_the_cluster() -> None:
    assert resolve("https://example.org:443") is None
    assert resolve("http://a.village:80") is None
    assert resolve("a word:80 of a text") is None


# What a configuration has that isn't an address: names of Secrets, files and packages, mail, images, queries, comments.
NO_ADDRESSES = [
    "a-svc.town.svc.a-tls-pair",
    "a-svc.town.svc.a-tls-ca",
    "gone.town.svc.yaml",
    "tls.gone.town.svc.crt",
    "/etc/gone.town.svc.pem",
    "--tls-cert-file=/certs/gone.town.svc.crt",
    "org.example.svc.handler",
    "org.example.svc.Handler",
    "example.org/gone.town.svc/v2",
    "example.org/gone.town:80",
    "mailto:gone@town.svc",
    "gone@gone.town.svc.cluster.local",
    "spiffe://cluster.local/ns/town/sa/gone",
    "s3://gone.town/prefix",
    "oci://example.org/gone.town:80",
    "--image=gone:7",
    "--proxy-image=example.org/a:80",
    'sum by (pod) (rate(gone:errors:rate5m{job="gone:80",instance=~"gone.*:80"}[5m]))',
    "app.kubernetes.io/gone.town.svc: x",
    "*.gone.town.svc",
    "http://gone.dev:80/ and https://gone.io",
    "# see http://gone:80",
    "key = 1 # see gone.town.svc:80\nother = 2 // http://gone:81\n# gone:82\n// gone:83\n/* gone.town:84\n",
]
SPACES = [NAMESPACE, *({"kind": "Namespace", "metadata": {"name": name}} for name in ("dev", "io"))]
WIDE = Rendered("local", "cluster.local", (), tuple(map(made, SPACES)))


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_only_looks_like_an_address_leads_nowhere_and_breaks_nothing(text: str) -> None:
    found = [WIDE.network().resolve(address, "town") for _, address in in_value(text, "x")]
    assert [one for one in found if one] == []


def test_the_name_of_an_image_is_no_address() -> None:
    value = {"image": "a:80", "SIDECAR_IMAGE": "a:80", "args": ["--image=a:80"], "bind_address": "a", "bind_port": 80}
    assert list(in_value(value, "x")) == []


@pytest.mark.parametrize("suffix", ["crt", "key", "pem", "yaml", "tls-pair", "tls-ca", "json", "local", "cluster"])
@pytest.mark.parametrize("name", ["gone.town.svc", "a-0.gone.town.svc", "gone.elsewhere.svc"])
def test_a_name_is_an_address_only_with_the_clusters_domain_at_its_end(name: str, suffix: str) -> None:
    """With a port or a scheme it is one in any case."""
    assert resolve(f"{name}.{suffix}") is None
    for text in (f"{name}.{suffix}:80", f"http://{name}.{suffix}"):
        assert resolve(text) == Broken(f"the cluster's domain is cluster.local, not {suffix}")
    assert isinstance(resolve(name), Broken)
    assert isinstance(resolve(f"{name}.cluster.local"), Broken)


def test_the_usual_domain_is_no_ones_own() -> None:
    """In a cluster of another domain, a name in cluster.local is still meant as an address."""
    elsewhere = replace(PLATFORM, domain="town.example")
    (address,) = in_text("a.town.svc.cluster.local")
    assert elsewhere.network().resolve(address, "town") == Broken(
        "the cluster's domain is town.example, not cluster.local"
    )


def main() -> Workload:
    return PLATFORM.workload("town", "a")


def test_files_are_where_the_container_sees_them() -> None:
    seen = files(PLATFORM, main(), main().container("main"))
    assert {path: file.key for path, file in seen.items()} == {
        "/all/a.yaml": "a.yaml",
        "/all/b.txt": "b.txt",
        "/all/c.json": "c.json",
        "/all/d.yaml": "d.yaml",
        "/etc/one.conf": "a.yaml",
        "/some/sub/c.txt": "b.txt",
        "/deep/c.txt": "b.txt",
    }
    assert seen["/etc/one.conf"].documents == [{"x": 1}]
    assert seen["/all/c.json"].documents == [{"y": None}]
    assert seen["/all/d.yaml"].documents == ["{{ not: yaml"]
    assert seen["/deep/c.txt"].text == "text"


def test_what_is_not_there_is_said_with_what_is() -> None:
    assert file_at(PLATFORM, main(), main().container("main"), "/all/b.txt").text == "text"
    with pytest.raises(
        PenstockError, match=r"has no file /etc/one\.cfg from a ConfigMap; did you mean `/etc/one\.conf`"
    ):
        file_at(PLATFORM, main(), main().container("main"), "/etc/one.cfg")
    with pytest.raises(PenstockError, match="there is no container `mian`") as caught:
        main().container("mian")
    assert caught.value.hint == "there are main"
    with pytest.raises(PenstockError, match="no workload town/b") as caught:
        PLATFORM.workload("town", "b")
    assert caught.value.hint == "there are town/a"


@pytest.mark.parametrize(
    ("expression", "selects"),
    [
        ({"key": "app", "operator": "In", "values": ["a"]}, True),
        ({"key": "app", "operator": "In", "values": ["b"]}, False),
        ({"key": "app", "operator": "NotIn", "values": ["a"]}, False),
        ({"key": "tier", "operator": "NotIn", "values": ["a"]}, True),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "tier", "operator": "Exists"}, False),
        ({"key": "app", "operator": "DoesNotExist"}, False),
        ({"key": "tier", "operator": "DoesNotExist"}, True),
    ],
)
def test_a_selector_means_what_it_means_to_kubernetes(expression: dict[str, Any], selects: bool) -> None:
    selector = convert({"matchExpressions": [expression]}, Selector, "selector")
    assert selector.selects({"app": "a"}) is selects


def test_every_maker_of_pods_is_a_workload() -> None:
    template: dict[str, Any] = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [CONTAINER]}}
    pod = made({"kind": "Pod", **template, "metadata": {"name": "a", **template["metadata"]}})
    spec = {"jobTemplate": {"spec": {"template": template}}}
    job = made({"kind": "CronJob", "metadata": {"name": "a"}, "spec": spec})
    assert isinstance(pod, Workload)
    assert isinstance(job, Workload)
    assert pod.template.spec == job.template.spec
    assert [place for place, _ in pod.containers()] == ["spec.containers[0]"]
    assert [place for place, _ in job.containers()] == ["spec.jobTemplate.spec.template.spec.containers[0]"]


def test_a_value_of_another_type_than_kubernetes_has_is_refused() -> None:
    with pytest.raises(PenstockError, match="file: Expected `str`, got `int`"):
        made({"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": 1}})

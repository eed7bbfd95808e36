"""Fields are compared as Kubernetes reads them: entries by their keys, quantities by value, payloads as data."""

from __future__ import annotations

from typing import Any

import pytest

from diff_support import an, workload
from penstock.review.crd_changes import compare as api_changes
from penstock.review.differences import compare
from penstock.review.payloads import REDACTED
from penstock.review.quantities import duration, quantity


def paths(old: dict[str, Any], new: dict[str, Any], schema: Any = None) -> list[tuple[str, str]]:
    return [(field.path, field.noise) for field in compare(old, new, schema)]


def container(**fields: Any) -> dict[str, Any]:
    return workload("Deployment", {"containers": [{"name": "shop", **fields}]})


def test_entries_are_known_by_their_keys() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    start = "spec.template.spec.containers[shop]"
    assert paths(container(env=env), container(env=env[::-1])) == [(f"{start}.env (order)", "order")]
    changed = [env[0], {"name": "B", "value": "3"}]
    assert paths(container(env=env), container(env=changed)) == [(f"{start}.env[B].value", "")]


def test_ports_are_known_by_port_and_protocol() -> None:
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "name": "tcp"}]
    old, new = (an("Service", spec={"ports": each}) for each in (ports, [ports[0], {**ports[1], "targetPort": 5353}]))
    assert paths(old, new) == [("spec.ports[53/TCP].targetPort", "")]


def test_the_keys_of_a_custom_resource_are_those_of_its_schema() -> None:
    stalls = [{"row": 1, "place": 1, "goods": "fish"}, {"row": 1, "place": 2, "goods": "bread"}]
    keys = {"type": "array", "x-kubernetes-list-map-keys": ["row", "place"]}
    schema = {"properties": {"spec": {"properties": {"stalls": keys}}}}
    old, new = (an("Market", spec={"stalls": each}) for each in (stalls, [stalls[1] | {"goods": "rolls"}, stalls[0]]))
    assert paths(old, new, schema) == [("spec.stalls[1/2].goods", ""), ("spec.stalls (order)", "order")]


def test_the_order_of_arguments_is_a_change() -> None:
    assert paths(container(args=["a", "b"]), container(args=["b", "a"])) == [
        ("spec.template.spec.containers[shop].args", "")
    ]


def test_quantities_and_durations_are_compared_by_value() -> None:
    old, new = (container(resources={"limits": {"cpu": cpu}}) for cpu in ("1000m", 1))
    assert paths(old, new) == []
    assert paths(an("Widget", spec={"interval": "90m"}), an("Widget", spec={"interval": "1h30m"})) == []
    assert paths(an("Widget", spec={"interval": "90m"}), an("Widget", spec={"interval": "90s"})) == [
        ("spec.interval", "")
    ]


@pytest.mark.parametrize(("text", "value"), [("1Ki", 1024), ("1e3", 1000), ("1k", 1000), ("500m", 0.5), ("1Gi", 2**30)])
def test_quantities(text: str, value: float) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize(("text", "value"), [("1h30m", 5400), ("1d", 86400), ("2w", 1209600), ("0", 0), ("5", None)])
def test_durations(text: str, value: float | None) -> None:
    assert duration(text) == value


@pytest.mark.parametrize(
    ("key", "old", "new", "path"),
    [
        ("a.yaml", "server: {port: 1}", "server:\n  port: 2\n", "data[a.yaml].server.port"),
        ("a.json", '{"panels": [{"id": 1, "w": 2}]}', '{"panels": [{"id": 1, "w": 3}]}', "data[a.json].panels[1].w"),
        ("a.toml", "[server]\nport = 1", "[server]\nport = 2", "data[a.toml].server.port"),
        ("a.ini", "[server]\nport = 1", "[server]\nport = 2", "data[a.ini].server.port"),
        ("a.txt", "port 1", "port 2", "data[a.txt]"),
        ("a.yaml", "{{ template", "{{ other", "data[a.yaml]"),
    ],
)
def test_payloads_are_compared_as_data(key: str, old: str, new: str, path: str) -> None:
    assert paths(an("ConfigMap", data={key: old}), an("ConfigMap", data={key: new})) == [(path, "")]


def test_a_payload_that_is_written_differently_is_noise() -> None:
    old, new = (an("ConfigMap", data={"a.yaml": text}) for text in ("a: 1\nb: 2\n", "b: 2\na: 1\n"))
    assert paths(old, new) == [("data[a.yaml]", "order")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (an("Secret", stringData={"a": "hunter1"}), an("Secret", stringData={"a": "hunter2"})),
        (an("ConfigMap", data={"password": "hunter1"}), an("ConfigMap", data={"password": "hunter2"})),
        (an("ConfigMap", data={"a.yaml": "password: hunter1"}), an("ConfigMap", data={"a.yaml": "password: hunter2"})),
        (an("ConfigMap", data={"a": "b\ntoken = hunter1"}), an("ConfigMap", data={"a": "b\ntoken = hunter2"})),
        (
            container(env=[{"name": "API_TOKEN", "value": "hunter1"}]),
            container(env=[{"name": "API_TOKEN", "value": "hunter2"}]),
        ),
        (container(env=[]), container(env=[{"name": "API_TOKEN", "value": "hunter2"}])),
    ],
)
def test_secrets_are_never_shown(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = compare(old, new)
    assert found
    assert "hunter" not in str(found)
    assert REDACTED in str(found)


def test_the_name_of_a_secret_is_shown() -> None:
    old, new = (container(envFrom=[{"secretRef": {"name": name}}]) for name in ("old", "new"))
    assert "new" in str(compare(old, new))


def test_noise_is_classified() -> None:
    metadata = [{"annotations": {"checksum/config": text}, "labels": {"helm.sh/chart": text}} for text in ("1", "2")]
    old, new = ({**an("Service"), "metadata": {"name": "shop", **each}} for each in metadata)
    assert {noise for _, noise in paths(old, new)} == {"checksum", "version"}


def test_binary_data_is_shown_by_its_size() -> None:
    old, new = (an("ConfigMap", binaryData={"logo": text}) for text in ("AAAA", "AAAAAAAA"))
    [field] = compare(old, new)
    assert (field.path, field.old, field.new) == ("binaryData.logo", "(binary, 3 bytes)", "(binary, 6 bytes)")


def test_the_changes_of_an_api() -> None:
    def definition(properties: dict[str, Any], **version: Any) -> dict[str, Any]:
        root = {"type": "object", "properties": properties}
        one = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}, **version}
        return an("CustomResourceDefinition", spec={"versions": [one]})

    old = definition({"size": {"type": "integer", "maximum": 9}, "colour": {"type": "string"}})
    new = definition({"size": {"type": "integer", "maximum": 5}, "depth": {"type": "string"}})
    assert [(change.what, change.path) for change in api_changes(old, new)] == [
        ("removed", "v1.colour"),
        ("added", "v1.depth"),
        ("narrowed", "v1.size"),
    ]
    assert api_changes(new, definition({"size": {"type": "integer", "maximum": 6}, "depth": {"type": "string"}})) == []
    assert [change.what for change in api_changes(old, definition({}, served=False))] == [
        *("version-removed", "removed", "removed")
    ]

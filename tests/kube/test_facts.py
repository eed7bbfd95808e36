"""Objects as facts: those that ask for the same have the same facts, whoever wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.kube.facts import facts

_POD = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: greeter, labels: {a: b}}
spec:
  selector: {matchLabels: {app: greeter}}
  template:
    metadata: {labels: {app: greeter}}
    spec:
      containers: [%s]
      volumes:
        - {name: greetings, configMap: {name: greetings}}
        - {name: town, hostPath: {path: /var/town}}
"""


def pod(container: str) -> dict[str, str]:
    image = "" if container.startswith("image:") else "image: town/greeter, "
    return facts(parse(_POD % f"{{name: a, {image}{container}}}"))


@pytest.mark.parametrize(
    ("container", "path", "value"),
    [
        ("image: a.io/b/greeter:v1.2.3", "containers.image.version", "1.2"),
        ("image: greeter:1.2-alpine", "containers.image.version", "1.2"),
        ("args: [--name=bob]", "containers.args.--name", "bob"),
        ("args: [-name, bob]", "containers.args.--name", "bob"),
        ("args: [--hat=b, --hat=a]", "containers.args.--hat", '["a", "b"]'),
        ("args: [greet, --loudly]", "containers.args", "greet"),
        ("command: [/bin/sh, -c, greet]", "containers.command", "/bin/sh -c greet"),
        ("env: [{name: HAT, value: red}]", "containers.env.HAT", "red"),
        ("env: [{name: IP, valueFrom: {fieldRef: {fieldPath: x}}}]", "containers.env.IP.fieldRef.fieldPath", "x"),
        ("ports: [{name: web, containerPort: 80}]", "containers.ports.80/TCP", "open"),
        ("volumeMounts: [{name: greetings, mountPath: /etc/g/}]", "containers.mounts./etc/g", "configMap"),
        ("volumeMounts: [{name: town, mountPath: /t}]", "containers.mounts./t", "hostPath /var/town"),
        ("volumeMounts: [{name: data, mountPath: /d}]", "containers.mounts./d", "persistentVolumeClaim"),
        (
            "ports: [{name: web, containerPort: 80}], livenessProbe: {httpGet: {port: web}}",
            "containers.livenessProbe.httpGet.port",
            "80",
        ),
        (
            "securityContext: {capabilities: {drop: [ALL]}}",
            "containers.securityContext.capabilities.drop.ALL",
            "listed",
        ),
    ],
)
def test_a_container_is_known_by_what_it_asks_for(container: str, path: str, value: str) -> None:
    assert pod(container)[path] == value


def test_names_labels_and_defaults_are_no_facts() -> None:
    assert pod("imagePullPolicy: IfNotPresent, livenessProbe: {periodSeconds: 10}, resources: {}") == {
        "containers.image": "greeter"
    }


def test_several_containers_are_told_apart_by_name() -> None:
    two = facts(parse(_POD % "{name: a, image: a, args: [--x=1]}, {name: b, image: b}"))
    assert two["containers.a.args.--x"] == "1"
    assert two["containers.b.image"] == "b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{kind: Role, rules: [{apiGroups: ['', apps], resources: [pods], resourceNames: [a], verbs: [get, list]}]}",
            {f"rules.{group}pods[a].{verb}": "allowed" for group in ("", "apps/") for verb in ("get", "list")},
        ),
        ("{kind: ClusterRole, rules: [{nonResourceURLs: [/m], verbs: [get]}]}", {"rules./m.get": "allowed"}),
        (
            "{kind: Service, spec: {type: ClusterIP, selector: {a: b}, ports: [{name: x, port: 80, targetPort: web}]}}",
            {"spec.ports.80/TCP": "open"},
        ),
        (
            "{kind: Service, spec: {ports: [{port: 80, targetPort: 8080}]}}",
            {"spec.ports.80/TCP": "open", "spec.ports.80/TCP.targetPort": "8080"},
        ),
        (
            "{kind: PodDisruptionBudget, spec: {maxUnavailable: 1, selector: {matchLabels: {a: b}}}}",
            {"spec.maxUnavailable": "1"},
        ),
        ("{kind: ConfigMap, data: {a.yaml: 'x: {n1: [2, 1]}'}}", {"data.a.yaml.x.n1": "[1, 2]"}),
        ("{kind: ConfigMap, data: {a.json: '{\"x\": true}'}}", {"data.a.json.x": "true"}),
        ('{kind: ConfigMap, data: {a.ini: "[hat]\\ncolour = red\\n"}}', {"data.a.ini.hat.colour": "red"}),
        ("{kind: ConfigMap, data: {a.yaml: '{{ not: yaml'}}", {"data.a.yaml": "{{ not: yaml"}),
        ("{kind: ConfigMap, data: {a.txt: ' hello '}}", {"data.a.txt": "hello"}),
    ],
)
def test_other_objects(text: str, expected: dict[str, Any]) -> None:
    content = parse(text) | {"apiVersion": "v1", "metadata": {"name": "x"}}
    assert facts(content) == expected

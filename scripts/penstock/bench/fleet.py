"""Synthetic fleets: many environments that are equal but for their names and end points."""

from __future__ import annotations

from pathlib import Path

from penstock.bench import synthetic
from penstock.platform.layout import Layout

# Every tenth component reads the name and the end point of its environment, and so differs in each.
_OWN = 10

_SHARED = """\
abstract: true

kubernetes:
  version: "1.35.5"
  apiVersions:
    - gateway.networking.k8s.io/v1
replicas: 2
"""

_ENVIRONMENT = """\
extends: shared

cluster:
  name: {name}
endpoint: https://{name}.example.org
"""

_VALUES = """\
image: registry.example.org/{name}:1.{number}.0
replicas: {{{{ .Values.replicas }}}}
port: {port}
env:
  NAME: {name}
  LEVEL: info
"""

_OWN_VALUES = """\
  CLUSTER: {{ .Values.cluster.name }}
  ENDPOINT: {{ .Values.endpoint }}
"""


def name(number: int) -> str:
    """Return the name of an environment: site-0042."""
    return f"site-{number:04d}"


def component(number: int) -> str:
    """Return the name of a component."""
    return synthetic.name(number)


def make(folder: Path, environments: int, components: int) -> Layout:
    """Create a fleet in an empty folder, without hydrating it."""
    layout = synthetic.make(folder, components)
    (layout.environments / f"{synthetic.ENVIRONMENT}.yaml").unlink()
    (layout.environments / "shared.yaml").write_text(_SHARED)
    listed = "".join(f"  {name(number)}: {{}}\n" for number in range(environments))
    layout.helmfile.write_text(f"environments:\n{listed}\nhelmfiles:\n  - path: components/*/helmfile.yaml.gotmpl\n")
    for number in range(environments):
        (layout.environments / f"{name(number)}.yaml").write_text(_ENVIRONMENT.format(name=name(number)))
    for number in range(components):
        place = layout.components / component(number)
        (place / "values.yaml").unlink()
        (place / "values.yaml.gotmpl").write_text(values(number))
        helmfile = place / "helmfile.yaml.gotmpl"
        helmfile.write_text(helmfile.read_text().replace("- values.yaml\n", "- values.yaml.gotmpl\n"))
    return layout


def values(number: int) -> str:
    """Return the values of a component."""
    text = _VALUES.format(name=component(number), number=number, port=8000 + number % 100)
    return text + (_OWN_VALUES if number % _OWN == 0 else "")

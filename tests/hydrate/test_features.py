"""What components may be made of, hydrated for real, and compared with what helmfile itself gives."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from penstock.core import yaml
from penstock.tools.resolver import resolve
from support import Platform

PATCHES = {
    "jsonPatches": """    jsonPatches:
      - target: {version: v1, kind: ConfigMap, name: second}
        patch:
          - {op: add, path: /data/more, value: patched}
""",
    "strategicMergePatches": """    strategicMergePatches:
      - apiVersion: v1
        kind: ConfigMap
        metadata: {name: second, namespace: town}
        data: {more: merged}
""",
    "set": """    set:
      - {name: text, value: set}
""",
}
PLAIN_VALUES = """text: hello
number: 12345678
great: 9007199254740993
small: 0.1
flag: true
none: null
list: [1, two, 3.0]
"""


def objects(stream: str) -> list[Any]:
    """The objects of a YAML stream, in the order of their kinds and names."""
    found = [item for item in yaml.parse_all(stream) if item]
    return sorted(found, key=lambda item: (item["kind"], item["metadata"]["name"]))


def helmfile_template(made: Platform, component: str) -> list[Any]:
    """What plain `helmfile template` gives for a component."""
    argv = [
        str(resolve("helmfile")),
        "--file",
        f"components/{component}/helmfile.yaml.gotmpl",
        "--environment",
        "local",
    ]
    argv += ["--helm-binary", str(resolve("helm")), "--kustomize-binary", str(resolve("kustomize")), "--quiet"]
    argv += ["template", "--include-crds", "--skip-tests"]
    home = made.root.parent / "helmfile-home"
    env = {**os.environ, "HOME": str(home), "HELMFILE_CACHE_HOME": str(home)}
    done = subprocess.run(argv, cwd=made.root, env=env, capture_output=True, text=True, check=True)
    return objects(done.stdout)


def hydrated(made: Platform, component: str) -> list[Any]:
    """The objects in a component's manifests."""
    files = sorted((made.tree / component).glob("*.yaml"))
    return objects("---\n".join(path.read_text() for path in files if path.name != "kustomization.yaml"))


@pytest.mark.parametrize("patch", sorted(PATCHES))
def test_what_only_helmfile_renders_is_rendered_by_helmfile(patch: str, good: Platform) -> None:
    good.release("second", PATCHES[patch])
    good.hydrate()
    assert good.findings() == []
    # helmfile leaves files in the chart, which is why hydrate gives it a copy.
    assert hydrated(good, "second") == helmfile_template(good, "second")
    assert hydrated(good, "second")[0]["data"] != {"text": "hello"}
    good.check()


def test_a_chart_that_helmfile_renders_is_an_input_too(good: Platform) -> None:
    good.release("second", PATCHES["set"])
    good.hydrate()
    assert good.lock.components["second"].charts == ["charts/note"]


def test_values_reach_the_templates_as_helm_gives_them(good: Platform) -> None:
    """Numbers above all: 12345678 in a template is 1.2345678e+07 for helm."""
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: second\n  namespace: town\ndata:\n  dump: |\n"
    template += "    {{- toYaml .Values | nindent 4 }}\n  number: {{ .Values.number | quote }}\n"
    template += "  capabilities: {{ .Capabilities.KubeVersion.Version }}\n"
    template += "  release: {{ toJson .Release | quote }}\n  great: {{ .Values.great | quote }}\n"
    good.write("charts/dump/templates/all.yaml", template)
    good.write("charts/dump/Chart.yaml", "apiVersion: v2\nname: dump\nversion: 1.0.0\n")
    good.write("charts/dump/values.yaml", "text: default\nnone: default\nother: 87654321\n")
    good.release("second", values=PLAIN_VALUES, chart="dump")
    good.hydrate()
    assert hydrated(good, "second") == helmfile_template(good, "second")


def kustomization(made: Platform, component: str, text: str, folder: str = "overlays/local") -> None:
    made.write(f"components/{component}/kustomize/{folder}/kustomization.yaml", text)


EXTRA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: town}\ndata: {}\n"


def test_a_kustomization_takes_the_chart_and_patches_it(good: Platform) -> None:
    good.release("second")
    kustomization(good, "second", "resources: [chart.yaml]\nlabels: [{pairs: {kustomized: 'yes'}}]\n", "base")
    patch = (
        "apiVersion: v1\n      kind: ConfigMap\n      metadata: {name: second, namespace: town}\n      data: {more: m}"
    )
    kustomization(good, "second", f"resources: [../../base]\npatches:\n  - patch: |\n      {patch}\n")
    good.hydrate()
    (found,) = hydrated(good, "second")
    assert found["data"] == {"text": "hello", "more": "m"}
    assert found["metadata"]["labels"] == {"kustomized": "yes"}


def test_a_kustomization_beside_a_chart(good: Platform) -> None:
    good.release("second")
    good.write("components/second/kustomize/overlays/local/extra.yaml", EXTRA)
    kustomization(good, "second", "resources: [extra.yaml]\n")
    good.hydrate()
    assert [item["metadata"]["name"] for item in hydrated(good, "second")] == ["extra", "second"]


def test_a_kustomization_over_what_helmfile_patched(good: Platform) -> None:
    good.release("second", PATCHES["jsonPatches"])
    kustomization(good, "second", "resources: [chart.yaml]\nnamePrefix: my-\n")
    good.hydrate()
    (found,) = hydrated(good, "second")
    assert (found["metadata"]["name"], found["data"]["more"]) == ("my-second", "patched")


@pytest.mark.parametrize("off", ["    installed: false\n", "    condition: off.enabled\n", "    condition: 'false'\n"])
def test_a_component_that_an_environment_does_without_leaves_no_trace(off: str, good: Platform) -> None:
    good.write("environments/local.yaml", "cluster: {name: tiny}\nwho: world\noff: {enabled: false}\n")
    good.release("second", off)
    before = {path for path in good.files() if "second" in path}
    good.hydrate()
    assert {path for path in good.files() if "second" in path} == before == set()
    ran = good.run("hydrate", "--json")
    assert '"rendered":[]' in ran.stdout  # it is known to give nothing, and not tried again
    assert good.findings() == []
    good.check()


def test_a_condition_that_holds(good: Platform) -> None:
    good.write("environments/local.yaml", "cluster: {name: tiny}\nwho: world\non: {enabled: true}\n")
    good.release("second", "    condition: on.enabled\n")
    good.hydrate()
    assert hydrated(good, "second") == helmfile_template(good, "second")


def test_a_component_that_is_removed_takes_its_manifests_along(good: Platform) -> None:
    good.release("second")
    before = good.files()
    good.hydrate()
    assert (good.tree / "second").is_dir()
    (good.root / "components" / "second" / "helmfile.yaml.gotmpl").unlink()
    (good.root / "components" / "second" / "values.yaml").unlink()
    (good.root / "components" / "second").rmdir()
    assert good.findings() == ["components/second is gone, but manifests/local/second is still there"]
    good.hydrate()
    assert good.files() == before
    assert "second" not in good.text("flux-system/kustomization.yaml")


def test_only_what_was_asked_for_is_brought_up_to_date(good: Platform) -> None:
    good.release("second")
    good.hydrate()
    good.write("components/second/values.yaml", "text: new\n")
    good.write("components/greeting/values.yaml.gotmpl", "text: new\n")
    good.hydrate("second")
    assert "text: new" in good.text("second/configmap-second.yaml")
    assert "text: hello" in good.text("greeting/configmap-greeting.yaml")
    assert good.findings() == ["components/greeting changed since manifests/local/greeting was hydrated"]


def test_a_comment_in_a_source_changes_the_lock_and_no_manifest(good: Platform) -> None:
    before = good.files()
    good.write("components/greeting/values.yaml.gotmpl", "# a comment\ntext: hello {{ .Values.who }}\n")
    good.hydrate()
    assert {path for path, data in good.files().items() if before[path] != data} == {"manifests/local/penstock.lock"}


def test_the_summary_names_every_file(good: Platform) -> None:
    good.release("second")
    good.write("components/greeting/values.yaml.gotmpl", "text: new\n")
    lines = good.run("hydrate").stdout.splitlines()
    assert "  + manifests/local/second/configmap-second.yaml" in lines
    assert "  ~ manifests/local/greeting/configmap-greeting.yaml" in lines
    assert "  ~ manifests/local/flux-system/kustomization.yaml" in lines


AWKWARD = {
    "yes": "y",
    "number": "9007199254740993",
    "separator": "a\n--- \n ---\n---\nb\n",
    "long": " ".join(["word"] * 60),
    "trailing": "one  \ntwo\t\nthree",
    "tabs": "\tx: 1\n\ty: 2\n",
    "windows": "a\r\nb\r\n",
    "leading": "\n\n  indented\n",
    "octal": "0o777",
    "date": "2001-01-01",
    "time": "12:30:45",
    "empty": "",
    "unicode": "日本語 \u2028 \U0001f6b0",
    "template": "{{ not ours }}",
    "substitution": "$${kept}",
}


def test_awkward_text_comes_through_whole(good: Platform) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "awkward", "namespace": "town"},
        "data": AWKWARD,
    }
    good.write("components/spaces/kustomize/base/awkward.yaml", yaml.dump(body))
    kustomization(good, "spaces", "resources: [town.yaml, awkward.yaml]\n", "base")
    good.hydrate()
    text = good.text("spaces/configmap-awkward.yaml")
    assert yaml.parse(text)["data"] == AWKWARD
    assert f"  long: {AWKWARD['long']}\n" in text  # not folded


def test_great_numbers_keep_their_digits(good: Platform) -> None:
    good.write("charts/note/crds/widgets.yaml", CRD.format(scope="Namespaced"))
    good.write("charts/note/templates/widget.yaml", WIDGET + "spec: {great: 9007199254740993, ratio: 0.1}\n")
    good.hydrate()
    assert "great: 9007199254740993" in good.text("greeting/widget-w.yaml")


CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.org
spec:
  group: example.org
  names: {{kind: Widget, plural: widgets}}
  scope: {scope}
  versions: []
"""
WIDGET = "apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: w\n  namespace: town\n"
WEBHOOK = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: judge
webhooks:
  - name: judge.example.org
    failurePolicy: Fail
    rules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
"""


def test_definitions_and_admission_come_before_what_needs_them(good: Platform) -> None:
    """From rendered objects to dependsOn."""
    kustomization(good, "definitions", "resources: [crd.yaml]\n")
    good.write("components/definitions/kustomize/overlays/local/crd.yaml", CRD.format(scope="Namespaced"))
    kustomization(good, "widgets", "resources: [widget.yaml]\n")
    good.write("components/widgets/kustomize/overlays/local/widget.yaml", WIDGET)
    kustomization(good, "judge", "resources: [webhook.yaml]\n")
    good.write("components/judge/kustomize/overlays/local/webhook.yaml", WEBHOOK)
    good.release("second", "    labels: {dependsOn: greeting}\n")
    good.hydrate()

    def needed(name: str) -> list[str]:
        spec = yaml.parse(good.text(f"flux-system/kustomization-{name}.yaml"))["spec"]
        return [item["name"] for item in spec.get("dependsOn", [])]

    assert needed("definitions") == []
    assert needed("widgets") == ["definitions", "spaces"]
    assert needed("greeting") == ["judge", "spaces"]
    assert needed("second") == ["greeting", "judge", "spaces"]


def test_a_cluster_wide_resource_of_a_definition(good: Platform) -> None:
    good.write("charts/note/crds/widgets.yaml", CRD.format(scope="Cluster"))
    good.write("charts/note/templates/widget.yaml", WIDGET.replace("  namespace: town\n", ""))
    good.hydrate()
    assert "greeting/widget-w.yaml" in {path.removeprefix("manifests/local/") for path in good.files()}


def test_a_need_within_a_component_is_helmfiles_own_affair(good: Platform) -> None:
    good.release("pair", "  - name: later\n    namespace: town\n    chart: ../../charts/note\n    needs: [town/pair]\n")
    good.hydrate()
    spec = yaml.parse(good.text("flux-system/kustomization-pair.yaml"))["spec"]
    assert spec["dependsOn"] == [{"name": "spaces"}]
    assert (good.tree / "pair" / "configmap-later.yaml").is_file()

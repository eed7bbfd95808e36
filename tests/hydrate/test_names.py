"""No input is ignored in silence: a name that is nearly one that is looked for is taken, or refused with that one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.hydrate import names
from support import Platform

OVERLAY = "components/town/kustomize/overlays"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: town, namespace: town}\n"


def overlay(made: Platform, name: str, environment: str = "local") -> None:
    made.write(f"{OVERLAY}/{environment}/{name}", "resources: [object.yaml]\n")
    made.write(f"{OVERLAY}/{environment}/object.yaml", OBJECT)


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_kustomizes_own_names_are_taken(name: str, good: Platform) -> None:
    overlay(good, name)
    good.hydrate()
    assert "name: town" in good.text("town/configmap-town.yaml")
    good.check(fast=True)


@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization"])
def test_the_chart_is_taken_by_any_of_them(name: str, good: Platform) -> None:
    good.release("town")
    good.write(f"{OVERLAY}/local/{name}", "namePrefix: my-\nresources: [chart.yaml]\n")
    good.hydrate()
    assert (good.tree / "town" / "configmap-my-town.yaml").is_file()
    assert not (good.tree / "town" / "configmap-town.yaml").exists()


REFUSED = [
    (f"{OVERLAY}/local/kustomisation.yaml", "did you mean `kustomization.yaml`?"),
    (f"{OVERLAY}/local/Kustomization.yaml", "did you mean `kustomization.yaml`?"),
    (f"{OVERLAY}/local/kustomization.json", "did you mean `kustomization.yaml`?"),
    ("components/greeting/helmfile.yml", "did you mean `helmfile.yaml.gotmpl`?"),
    ("components/greeting/helmfile.yml.gotmpl", "did you mean `helmfile.yaml.gotmpl`?"),
    ("components/greeting/Helmfile.yaml.gotmpl", "did you mean `helmfile.yaml.gotmpl`?"),
    ("components/greeting/hemlfile.yaml.gotmpl", "did you mean `helmfile.yaml.gotmpl`?"),
    ("components/greeting/secrets.yml", "did you mean `secrets.yaml`?"),
    ("components/greeting/secret.yaml", "did you mean `secrets.yaml`?"),
    ("components/greeting/kustomization.yaml", "it belongs into kustomize/overlays/<environment>/"),
    ("components/local.yaml", "a component is a folder of components/"),
    ("environments/local.yml", "did you mean `local.yaml`?"),
    ("environments/base.yml", "did you mean `base.yaml`?"),
    ("environments/locale.yaml", "did you mean `local.yaml`?"),
    ("environments/staging.yaml", "helmfile.yaml lists no environment `staging`"),
    ("environments/schema.yaml", "did you mean `schema.json`?"),
    ("charts/note/values.yml", "did you mean `values.yaml`?"),
    ("charts/note/values.schema.yaml", "did you mean `values.schema.json`?"),
    ("environments/kindly.yaml", "helmfile.yaml lists no environment `kindly`"),
    ("components/greeting/value.yaml.gotmpl", "helmfile.yaml.gotmpl doesn't name it"),
    ("components/greeting/values.yaml", "helmfile.yaml.gotmpl doesn't name it"),
    ("components/greeting/values-local.yaml", "helmfile.yaml.gotmpl doesn't name it"),
    ("components/greeting/overlays/local/kustomization.yaml", "did you mean `kustomize/`?"),
    ("externals.yaml", "did you mean `external.yaml`?"),
    ("chart.lock", "did you mean `charts.lock`?"),
    ("helmfile.yml", "did you mean `helmfile.yaml`?"),
    ("connections.yml", "did you mean `connections.yaml`?"),
]


@pytest.mark.parametrize(("path", "said"), REFUSED)
def test_a_file_that_would_be_ignored_is_refused(path: str, said: str, good: Platform) -> None:
    good.write(path, "a: b\n")
    checks: list[Callable[[], None]] = [good.hydrate, lambda: good.check(fast=True)]
    for check in checks:
        with pytest.raises(Findings) as caught:
            check()
        assert caught.value.message == f"{path} is not read: {said}"
        assert caught.value.hint.startswith("rename it, or delete it")


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("components/greeting/kustomise/overlays/local", "components/greeting/kustomise is not read: did you mean"),
        ("components/greeting/kustomize/overlay/local", "components/greeting/kustomize/overlay is not read: did you"),
        ("components/greeting/kustomize/base", "components/greeting/kustomize is not read: it has no overlays/"),
        ("components/greeting/kustomize/overlays/loca", "overlays/loca is not read: .* `loca`; did you mean `local`?"),
        ("components/greeting/kustomize/overlays/other", "overlays/other is not read: .* `other`; it lists local"),
        ("charts/note/template", "charts/note/template is not read: did you mean `templates/`?"),
        ("components/spaces/kustomize/local", "kustomize/local is not read: did you mean `overlays/local/`?"),
        ("environments/local", "environments/local is not read: did you mean `local.yaml`?"),
        ("charts/note/crd", "charts/note/crd is not read: did you mean `crds/`?"),
    ],
)
def test_a_folder_that_would_be_ignored_is_refused(folder: str, said: str, good: Platform) -> None:
    good.write(f"{folder}/kustomization.yaml", "resources: []\n")
    with pytest.raises(Findings, match=said):
        good.hydrate()


def test_a_word_is_no_folder(good: Platform) -> None:
    good.write("charts/note/template/more.yaml", "a: b\n")
    good.write("charts/note/templates/more.yaml", "# template: {}\n")
    with pytest.raises(Findings, match=r"charts/note/template is not read: did you mean `templates/`"):
        good.hydrate()


@pytest.mark.parametrize(
    "entry",
    [
        "values-{{ .Environment.Name }}.yaml",
        '{{ printf "values-%s.yaml" .Environment.Name }}',
        "./values-l*.yaml",
        '{{ if eq .Environment.Name "local" }}values-local{{ else }}values-other{{ end }}.yaml',
    ],
)
def test_a_values_file_that_a_template_names_is_read(entry: str, good: Platform) -> None:
    path = good.root / "components/greeting/helmfile.yaml.gotmpl"
    path.write_text(path.read_text() + f"      - {entry}\n")
    good.write("components/greeting/values-local.yaml", "a: b\n")
    assert list(names.misnamed(good.layout, ["local"], None)) == []


def test_an_overlay_without_its_kustomization_is_refused(good: Platform) -> None:
    good.release("town")
    good.write(f"{OVERLAY}/local/object.yaml", OBJECT)
    with pytest.raises(Findings, match=r"overlays/local is not read: it has no kustomization\.yaml"):
        good.hydrate()


@pytest.mark.parametrize(
    ("one", "other"), [("kustomization.yaml", "Kustomization"), ("kustomization.yaml", "kustomization.yml")]
)
def test_two_kustomizations_in_a_folder_are_refused(one: str, other: str, good: Platform) -> None:
    overlay(good, one)
    overlay(good, other)
    with pytest.raises(Findings, match=f"overlays/local has {one} and {other}: kustomize takes one of them"):
        good.hydrate()


def test_two_helmfiles_are_refused(good: Platform) -> None:
    good.write("components/greeting/helmfile.yaml", "releases: []\n")
    with pytest.raises(
        Findings, match=r"components/greeting has both helmfile\.yaml\.gotmpl and helmfile\.yaml: keep one"
    ):
        good.hydrate()


def test_what_another_file_names_is_read(good: Platform) -> None:
    good.replace("components/greeting/helmfile.yaml.gotmpl", "values.yaml.gotmpl", "secret.yaml")
    (good.root / "components/greeting/values.yaml.gotmpl").unlink()
    good.write("components/greeting/secret.yaml", "text: named\n")
    good.write("charts/note/values.yml", "a: b\n")
    good.write("charts/note/templates/NOTES.txt", '{{ .Files.Get "values.yml" }}\n')
    overlay(good, "kustomization.yaml", "shared")
    good.write(f"{OVERLAY}/local/kustomization.yaml", "resources: [../shared]\n")
    good.hydrate()
    assert "named" in good.text("greeting/configmap-greeting.yaml")
    assert (good.tree / "town" / "configmap-town.yaml").is_file()


def test_a_shared_file_of_environments_is_an_input(good: Platform) -> None:
    good.replace(
        "environments/helmfile.yaml.gotmpl",
        "      - ../../environments/base.yaml\n",
        "      - ../../environments/base.yaml\n      - ../../environments/regions.yaml\n",
    )
    good.write("environments/regions.yaml", "region: north\n")
    good.hydrate()
    good.write("environments/regions.yaml", "region: south\n")
    with pytest.raises(Findings, match="is stale: what it is made of changed"):
        good.check(fast=True)


def test_a_platform_with_a_misspelt_helmfile_is_named(good: Platform) -> None:
    (good.root / "helmfile.yaml").rename(good.root / "helmfile.yml")
    with pytest.raises(PenstockError, match="no platform here") as caught:
        good.check(fast=True)
    assert caught.value.hint == "did you mean `helmfile.yaml`? helmfile.yml is not read"

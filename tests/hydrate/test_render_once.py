"""What is equal in several environments is resolved and rendered once, and gives the bytes of rendering each alone."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from penstock.core.errors import PenstockError
from penstock.core.yaml import dump
from penstock.hydrate import renew, sources
from penstock.hydrate.charts import Charts
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.pipeline import hydrate
from penstock.hydrate.plan import Plan, plan
from penstock.hydrate.render import render
from penstock.hydrate.seen import Seen
from penstock.tools import helmfile
from support import PLATFORMS, Platform

pytestmark = pytest.mark.integration

# Ways in which a template may read the environment; some read more than their text says at first sight.
READS = [
    "{{ .Values.a | toJson | quote }}",
    "{{ .Values.b.c | toJson | quote }}",
    "{{ .Environment.Name }}",
    '{{ .Values | get "b.c" "none" | toJson | quote }}',
    "{{ toJson .Values | quote }}",
    "{{ with .Values.b }}{{ toJson .c | quote }}{{ end }}",
    "{{ range $key, $value := .Values.b }}{{ $key }}{{ end }}",
    "{{ $all := . }}{{ toJson $all.Values.a | quote }}",
    "{{ if .Values.b }}{{ $.Values.a | toJson | quote }}{{ else }}none{{ end }}",
    "{{ tpl `{{ .Values.a | toJson }}` . | quote }}",
    "{{ .Release.Name }}",
    "plain",
]
KEYS = ["a", "b", "c"]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "text", "{{ .Values.a }}"]))
MAPS = st.dictionaries(st.just("c"), SCALARS)
VALUES = st.fixed_dictionaries({"a": SCALARS, "b": MAPS})


def fleet(root: Path, environments: list[dict[str, Any]], reads: list[str], named: str = "") -> Platform:
    """The good platform with these environments, and a component for each way of reading them."""
    shutil.copytree(PLATFORMS / "good", root)
    made = Platform(root)
    for number, values in enumerate(environments):
        made.write(f"environments/e{number}.yaml", dump({"cluster": {"name": f"c{number}"}, "who": "all", **values}))
        shutil.copytree(
            root / "components/spaces/kustomize/overlays/local",
            root / f"components/spaces/kustomize/overlays/e{number}",
        )
    (root / "environments/local.yaml").unlink()
    shutil.rmtree(root / "components/spaces/kustomize/overlays/local")
    names = "".join(f"  e{number}: {{}}\n" for number in range(len(environments)))
    made.replace("helmfile.yaml", "  local: {}\n", names)
    for number, text in enumerate(reads):
        made.release(f"reader-{number}", named, values="")
        made.replace(f"components/reader-{number}/helmfile.yaml.gotmpl", "values.yaml", "values.yaml.gotmpl")
        (root / f"components/reader-{number}/values.yaml").unlink()
        made.write(f"components/reader-{number}/values.yaml.gotmpl", f"text: {text}\n")
    return made


def each(made: Platform, names: list[list[str]]) -> dict[str, Any]:
    """The files of every environment, hydrated in these runs; or what is refused."""
    found: dict[str, Any] = {}
    for run in names:
        try:
            found |= {tree.environment: (tree.files, tree.lock) for tree in hydrate(made.layout, run, [])}
        except PenstockError as error:
            found |= dict.fromkeys(run, error.message)
    return found


@given(
    environments=st.lists(VALUES, min_size=2, max_size=4),
    reads=st.lists(st.sampled_from(READS), min_size=1, max_size=3),
)
@example(environments=[{"a": 1, "b": {"c": 1}}, {"a": 2, "b": {"c": 1}}, {"a": 1, "b": {"c": 1}}], reads=READS)
@example(environments=[{"a": 1.0, "b": {}}, {"a": 1, "b": {}}], reads=["{{ kindOf .Values.a }}"])
@example(environments=[{"a": None, "b": {"c": 2}}, {"b": {"c": 2}}], reads=["{{ kindOf .Values.a }}"])
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_rendering_once_gives_the_bytes_of_rendering_each_alone(
    environments: list[dict[str, Any]], reads: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = fleet(Path(folder).resolve() / "platform", environments, reads)
        names = [f"e{number}" for number in range(len(environments))]
        alone = each(made, [[name] for name in names])
        if not any(isinstance(found, str) for found in alone.values()):
            assert each(made, [names]) == alone


def test_only_what_differs_is_resolved_and_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environments = [{"a": number // 2, "b": {"c": 1}} for number in range(4)]
    made = fleet(tmp_path / "platform", environments, ["{{ .Values.a }}", "{{ .Values.b.c }}"])
    seen: list[tuple[str, str, int]] = []

    def spy(prepared: sources.Sources, home: Path) -> Any:
        found = render(prepared, home)
        for source, rendered in zip(prepared.each, found, strict=True):
            if source.state:
                seen.append((source.component.name, source.state.environment, id(rendered.objects)))
        return found

    monkeypatch.setattr(renew, "render", spy)
    hydrate(made.layout, ["e0", "e1", "e2", "e3"], [])
    # e0 and e2 are the first with their values; the values of an environment are known once it has been resolved once.
    resolved = {name: [state for each, state, _ in seen if each == name] for name, _, _ in seen}
    assert resolved["reader-0"] == ["e0", "e0", "e2", "e2"]
    assert resolved["reader-1"] == ["e0", "e0", "e0", "e0"]
    assert len({objects for name, _, objects in seen if name == "reader-0"}) == 2
    assert len({objects for name, _, objects in seen if name == "greeting"}) == 1


def test_a_condition_is_that_of_each_environment(tmp_path: Path) -> None:
    environments = [{"a": 1, "b": {"enabled": number != 1}} for number in range(3)]
    made = fleet(tmp_path / "platform", environments, ["plain"], "    condition: b.enabled\n")
    trees = hydrate(made.layout, ["e0", "e1", "e2"], [])
    assert ["reader-0/configmap-reader-0.yaml" in tree.files for tree in trees] == [True, False, True]


def test_a_component_sees_no_file_of_another_environment(tmp_path: Path) -> None:
    made = fleet(tmp_path / "platform", [{"a": 1}, {"a": 2}], ["plain"])
    path = "components/reader-0/helmfile.yaml.gotmpl"
    made.replace(path, "- values.yaml.gotmpl", "- values.yaml.gotmpl\n      - ../../environments/e1.yaml")
    with pytest.raises(PenstockError, match=r"environments/e1\.yaml is not there"):
        hydrate(made.layout, ["e0", "e1"], [])


@pytest.mark.parametrize("name", ["e0", "e1"])
def test_the_state_is_the_one_that_helmfile_prints(tmp_path: Path, name: str) -> None:
    made = fleet(
        tmp_path / "platform", [{"a": 1, "b": {}}, {"a": "x", "b": {"c": [1]}}], ["{{ toJson .Values | quote }}"]
    )
    home = tmp_path / "home"
    prepared = sources.prepare(_plans(made, [name]), home)
    for source in prepared.each:
        if source.component.helmfile:
            assert source.state
            assert source.state.text == helmfile.build(source.component.helmfile, name, home)


def _plans(made: Platform, names: list[str]) -> list[Plan]:
    charts = Charts(made.layout, may_lock=False)
    revisions = Revisions(made.layout)
    return [plan(name, [], charts, revisions, Seen(), afresh=None) for name in names]


def test_equal_files_are_one_file_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fleet(tmp_path / "platform", [{"a": 1}, {"a": 2}], ["{{ .Values.a }}", "plain"])
    monkeypatch.chdir(made.root)
    made.hydrate()
    files = [made.root / f"manifests/e{number}/reader-1/configmap-reader-1.yaml" for number in range(2)]
    assert files[0].samefile(files[1])
    assert not (made.root / "manifests/e0/reader-0/configmap-reader-0.yaml").samefile(
        made.root / "manifests/e1/reader-0/configmap-reader-0.yaml"
    )
    # The next run replaces the file of the environment that changed, and leaves the others' as it was.
    made.write("components/reader-1/values.yaml.gotmpl", "text: {{ .Values.a }}\n")
    made.hydrate()
    assert ['text: "1"' in files[0].read_text(), 'text: "2"' in files[1].read_text()] == [True, True]

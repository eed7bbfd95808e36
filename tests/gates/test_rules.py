"""Every rule has a tested example, which `inv explain` shows, and every finding has the id of a rule."""

from __future__ import annotations

import pytest

from penstock.core.errors import PenstockError
from penstock.gates import registry
from penstock.gates.examples import FOLDER, Example, examples, read
from penstock.platform.layout import ENGINE
from penstock.verbs.explain import explain
from support import Platform, found

FILES = read(ENGINE / FOLDER / "broken-files.yaml")
# They need a running control plane, a Git index or two commits, or more than one edit.
UNSHOWN = {
    "hydrate-check/uncommitted",
    "rehearse/settles",
    "rehearse/kinds",
    "rehearse/order",
    "rehearse/private",
    "sizes/large-file",
    "config/not-mounted",
    "fidelity/difference",
    "fidelity/stale-reason",
    "network-policies/address",
    "review/prune",
    "rehearse-upgrade/refused",
    "rehearse-upgrade/way-back",
    "rehearse-upgrade/disproved",
}


@pytest.mark.parametrize("broken", FILES, ids=lambda broken: broken.mistake)
def test_a_mistake_is_reported(broken: Example, good: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(good.root)
    good.edit(broken.file, broken.old, broken.new)
    findings = found(registry.find(broken.rule.partition("/")[0]).check)
    assert [str(finding) for finding in findings if finding.rule == broken.rule] == broken.says


def test_the_name_of_a_gate_is_that_of_its_module() -> None:
    assert all(registry.find(name).name == name for name in registry.MODULES)


def test_a_rule_begins_with_the_name_of_its_gate() -> None:
    for name in registry.MODULES:
        ids = [rule.id for rule in registry.find(name).rules]
        assert ids
        # Hydration has rules of its own, under which `inv hydrate` refuses sources.
        own = ("hydrate-check/", "hydrate/") if name == "hydrate-check" else (f"{name}/",)
        assert all(rule.startswith(own) for rule in ids)


def test_every_rule_has_an_example() -> None:
    assert registry.rules().keys() - examples().keys() == UNSHOWN
    assert examples().keys() <= registry.rules().keys()


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    explain("kubeconform/refused")
    said = capsys.readouterr().out
    assert said.startswith("kubeconform/refused\n\nA manifest that the API server would refuse")
    assert "    -  text: hello world\n    +  text: 1\ngives\n    error: manifests/local/greeting/" in said
    assert said.endswith("Fix: Fix the component's values or chart, then `inv hydrate`.\n")


def test_the_rules_of_a_gate_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    explain("kubeconform")
    ids = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert ids == ["kubeconform/refused", "kubeconform/unserved", "kubeconform/no-object"]


def test_an_unknown_rule_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(PenstockError) as refused:
        explain("references/nmae")
    assert (refused.value.message, refused.value.hint) == (
        "unknown rule `references/nmae`",
        "did you mean `references/name`?",
    )

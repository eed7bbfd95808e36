"""What follows when the API server refuses a change."""

from __future__ import annotations

import pytest

from diff_support import FIXED, FLUX, SHOP, an, answer, diff, effects, spec, texts, workload
from penstock.review import follows
from penstock.review.trees import Item
from penstock.tools.apicheck import Problem, Verdict


def test_what_the_api_server_refuses_stops_the_component(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[FIXED, Problem("Forbidden", "no", "spec.a")]))
    [(what, says)] = effects([spec("Deployment", a=1)], [spec("Deployment", a=2)])
    assert what == "refused"
    assert says == (
        "refused: spec.selector: field is immutable; spec.a: no; until this is fixed, Flux applies nothing of shop; "
        "give the object another name, or delete it in the cluster first"
    )


def test_what_is_wrong_with_or_without_the_old_object_needs_another_value(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[FIXED], alone=True))
    says = "refused: spec.selector: field is immutable; until this is fixed, Flux applies nothing of shop"
    forced = spec("Deployment", a=2)
    forced["metadata"]["annotations"] = {f"{FLUX}/force": "Enabled"}
    assert effects([spec("Deployment", a=1)], [spec("Deployment", a=2)]) == [("refused", says)]
    assert effects([spec("Deployment", a=1)], [forced]) == [("refused", says)]


def test_a_claim_can_grow_once_it_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[Problem("Forbidden", "spec is immutable", "spec")], when_bound=True))
    [(what, says)] = effects([spec("PersistentVolumeClaim", a=1)], [spec("PersistentVolumeClaim", a=2)])
    assert (what, "this holds while the claim is unbound" in says) == ("refused", True)


def test_what_was_refused_before_is_for_the_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(old=[FIXED], new=[FIXED]))
    assert effects([spec("Deployment", a=1)], [spec("Deployment", a=2)]) == []


@pytest.mark.parametrize("where", [0, 1])
def test_what_flux_may_force_is_created_again(where: int, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[FIXED]))
    pair = [workload("Deployment", SHOP, selector={"a": "b"}), workload("Deployment", SHOP, selector={"a": "c"})]
    pair[where]["metadata"]["annotations"] = {f"{FLUX}/force": "Enabled"}
    [(what, says)] = effects(pair[:1], pair[1:])
    assert what == "recreated"
    assert says.startswith(
        "deleted and created again, since the API server refuses the change: spec.selector: field is"
    )
    assert says.endswith("; its pods go with it")


def test_the_api_server_is_asked_only_about_what_changes_and_flux_applies(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def verdicts(pairs: list[tuple[Item, Item]], *_: object) -> list[Verdict]:
        asked.extend(str(new) for _, new in pairs)
        return [Verdict() for _ in pairs]

    monkeypatch.setattr(follows, "verdicts", verdicts)
    kept = an("Secret", {f"{FLUX}/ssa": "Ignore"}, data={"a": "1"})
    same = spec("Deployment", a=1)
    effects(
        [an("ConfigMap", data={"a": "1"}), kept, same], [an("ConfigMap", data={"a": "2"}), {**kept, "data": {}}, same]
    )
    assert asked == ["ConfigMap town/shop"]


def test_a_job_of_a_forced_kustomization_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """So are the Jobs that were hooks of Helm: Flux deletes what can't be changed, and it runs again."""
    answer(monkeypatch, Verdict(new=[FIXED]))
    flux = {
        "apiVersion": f"{FLUX}/v1",
        "kind": "Kustomization",
        "metadata": {"name": "shop", "namespace": "flux-system"},
        "spec": {"force": True},
    }
    pods = [
        {"restartPolicy": "Never", "hostNetwork": on, "containers": [{"name": "a", "image": "a"}]}
        for on in (True, False)
    ]
    about = {"name": "migrate", "namespace": "town"}
    jobs = [
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": {"template": {"spec": pod}}}
        for pod in pods
    ]
    old, new = (texts(job) | texts(flux, component="flux-system") for job in jobs)
    (change,) = diff(old, new).changes
    assert [effect.what for effect in change.effects] == ["recreated"]

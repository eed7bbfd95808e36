"""Hooks of Helm: refused, or what hooks.yaml declares, in an order that Flux can keep."""

from __future__ import annotations

import pytest

from chart_support import check_oracle, refused
from penstock.core import yaml
from penstock.core.errors import Findings, PenstockError
from penstock.hydrate import hooks, order
from penstock.hydrate.hooks import Decision, Policy
from penstock.tools.render import Object
from support import Platform

JOB = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: NAME\n  namespace: town\n  annotations:\n"
JOB += '    helm.sh/hook: "EVENTS"\n    helm.sh/hook-weight: "WEIGHT"\n    helm.sh/hook-delete-policy: hook-succeeded\n'
JOB += "spec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: a, image: a}]\n"
DECIDED = "hooks:\n- {kind: Job, name: NAME, namespace: town, action: ACTION}\n"


def hook(made: Platform, name: str, events: str, weight: int = 0) -> None:
    text = JOB.replace("NAME", name).replace("EVENTS", events).replace("WEIGHT", str(weight))
    made.write(f"charts/note/templates/{name}.yaml", text)


def decide(made: Platform, **actions: str) -> None:
    entries = "".join(f"- {{kind: Job, name: {name}, action: {what}}}\n" for name, what in actions.items())
    made.write("components/greeting/hooks.yaml", f"hooks:\n{entries}")


def kustomization(made: Platform, name: str) -> dict[str, object]:
    found: dict[str, object] = yaml.parse(made.text(f"flux-system/kustomization-{name}.yaml"), "text")["spec"]
    return found


@pytest.mark.parametrize(
    ("events", "more", "action"),
    [
        ("pre-install", "", "apply"),
        ("crd-install", "", "apply"),
        ("pre-install,test", "; Flux never runs test", "apply"),
        ("Post-Install, pre-delete", "; Flux never runs pre-delete", "apply"),
        ("pre-rollback", "; Flux never runs pre-rollback", "omit"),
        ("pre-instal", "; Helm knows no hook `pre-instal` and leaves the object out", "omit"),
        ("", "; Helm knows no hook `` and leaves the object out", "omit"),
    ],
)
def test_a_hook_is_refused_with_the_lines_to_paste(events: str, more: str, action: str, good: Platform) -> None:
    hook(good, "migrate", events)
    message, _, hint = refused(good.hydrate, good).partition(" | ")
    shown = ",".join(each.strip().lower() for each in events.split(","))
    assert message == (
        f"components/greeting: Job migrate is a hook of Helm ({shown}), "
        f"rendered by charts/note/templates/migrate.yaml, and nothing here runs hooks{more}"
    )
    _, _, lines = hint.partition(":\n")
    assert lines == DECIDED.replace("NAME", "migrate").replace("ACTION", action).rstrip()
    good.write("components/greeting/hooks.yaml", lines)
    good.hydrate()
    assert good.findings() == []
    check_oracle(good)


def test_what_is_pasted_can_be_indented(good: Platform) -> None:
    """The command prints the lines as they are."""
    hook(good, "migrate", "pre-install")
    ran = good.run("hydrate")
    lines = ran.stderr.partition("shows:\n")[2]
    assert yaml.parse(lines, "text") == {
        "hooks": [{"kind": "Job", "name": "migrate", "namespace": "town", "action": "apply"}]
    }


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("action: aply", "did you mean `apply`? the values are apply, omit"),
        ("action: apply, at: pre-install", "the values are pre-deploy, post-deploy"),
    ],
)
def test_a_value_that_no_hook_takes(entry: str, said: str, good: Platform) -> None:
    good.write("components/greeting/hooks.yaml", f"hooks:\n- {{kind: Job, name: a, {entry}}}\n")
    assert said in refused(good.hydrate, good)


def test_hooks_before_and_after(good: Platform) -> None:
    hook(good, "first", "pre-install,pre-upgrade", -5)
    hook(good, "second", "pre-install", 5)
    hook(good, "last", "post-install,post-upgrade")
    hook(good, "never", "post-delete")
    hook(good, "check", "test")
    decide(good, first="apply", second="apply", last="apply", never="omit")
    good.hydrate()
    parts = {name: list(part.files) for name, part in good.lock.components["greeting"].parts.items()}
    assert parts == {
        "pre-deploy": ["job-first.yaml"],
        "pre-deploy-2": ["job-second.yaml"],
        "post-deploy": ["job-last.yaml"],
    }
    assert list(good.lock.components["greeting"].files) == ["configmap-greeting.yaml"]
    needs = {
        "greeting-pre-deploy": ["spaces"],
        "greeting-pre-deploy-2": ["greeting-pre-deploy", "spaces"],
        "greeting": ["greeting-pre-deploy-2", "spaces"],
        "greeting-post-deploy": ["greeting", "spaces"],
    }
    for name, before in needs.items():
        spec = kustomization(good, name)
        assert spec["dependsOn"] == [{"name": each} for each in before]
        assert (spec["path"], spec["wait"]) == (f"./manifests/local/{name}", True)
        assert spec.get("force", False) is (name != "greeting")
    assert "helm.sh" not in "".join(text.decode() for text in good.files().values() if b"kind: Job" in text)
    locked = {name: (each.events, each.action) for name, each in good.lock.components["greeting"].hooks.items()}
    assert locked == {
        "batch/Job/town/first": ("pre-install,pre-upgrade", "apply"),
        "batch/Job/town/second": ("pre-install", "apply"),
        "batch/Job/town/last": ("post-install,post-upgrade", "apply"),
        "batch/Job/town/never": ("post-delete", "omit"),
    }
    assert good.findings() == []
    good.check()
    check_oracle(good)


def test_hydrate_and_diff_show_what_became_of_a_hook(good: Platform) -> None:
    good.hydrate()
    good.git("init", "--quiet", "--initial-branch", "main")
    good.commit("before")
    hook(good, "migrate", "pre-install")
    hook(good, "clean", "pre-delete")
    decide(good, migrate="apply", clean="omit")
    said = good.succeed("hydrate").stderr
    assert (
        "components/greeting: Job town/migrate, a hook of Helm (pre-install), is applied as a plain object by "
        "greeting-pre-deploy\n"
    ) in said
    assert (
        "components/greeting: Job town/clean, a hook of Helm (pre-delete), is left out: Flux never runs pre-delete\n"
    ) in said
    shown = good.succeed("diff").stdout
    assert "  greeting-pre-deploy\n    + Job town/migrate\n" in shown
    assert "local: components/greeting: Job town/clean, a hook of Helm (pre-delete): none → left out\n" in shown
    good.commit("hooks")
    decide(good, migrate="omit", clean="omit")
    good.hydrate()
    shown = good.succeed("diff").stdout
    assert (
        "components/greeting: Job town/migrate, a hook of Helm (pre-install): applied as a plain object → left out\n"
    ) in shown
    assert not (good.tree / "greeting-pre-deploy").exists()


@pytest.mark.parametrize("field", ["ttlSecondsAfterFinished", "backoffLimit"])
def test_a_job_that_deletes_itself_is_warned_of(field: str, good: Platform) -> None:
    hook(good, "migrate", "pre-install")
    good.replace("charts/note/templates/migrate.yaml", "spec:\n", f"spec:\n  {field}: 60\n")
    decide(good, migrate="apply")
    warning = "warning: manifests/local/greeting-pre-deploy/job-migrate.yaml: Flux runs it again every 10 minutes"
    assert (warning in good.succeed("hydrate").stderr) is (field == "ttlSecondsAfterFinished")


def test_a_change_of_the_decision_alone_is_hydrated(good: Platform) -> None:
    """Nothing that is rendered changes, so what is rendered is no reason to keep the old manifests."""
    hook(good, "migrate", "pre-install")
    decide(good, migrate="omit")
    good.hydrate()
    decide(good, migrate="apply")
    assert good.findings() == ["components/greeting changed since manifests/local/greeting was hydrated"]
    good.hydrate()
    assert (good.tree / "greeting-pre-deploy" / "job-migrate.yaml").is_file()
    (good.tree / "greeting-pre-deploy" / "job-migrate.yaml").write_text("edited\n")
    assert good.findings() == ["manifests/local/greeting-pre-deploy/job-migrate.yaml was edited by hand"]
    good.hydrate()
    good.check()


def test_hooks_through_a_kustomization(good: Platform) -> None:
    hook(good, "migrate", "pre-install")
    hook(good, "check", "test")
    good.write("components/greeting/kustomize/overlays/local/kustomization.yaml", "resources: [chart.yaml]\n")
    decide(good, migrate="apply")
    good.hydrate()
    assert "helm.sh" not in good.text("greeting-pre-deploy/job-migrate.yaml")
    assert list(good.lock.components["greeting"].files) == ["configmap-greeting.yaml"]
    check_oracle(good)


def test_a_secret_that_is_left_out_may_carry_data(good: Platform) -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: town, annotations: {helm.sh/hook: pre-install}}\n"
    )
    good.write("charts/note/templates/s.yaml", text + "stringData: {a: b}\n")
    good.write("components/greeting/hooks.yaml", "hooks: [{kind: Secret, name: s, action: omit}]\n")
    good.hydrate()
    good.write("components/greeting/hooks.yaml", "hooks: [{kind: Secret, name: s, action: apply}]\n")
    assert refused(good.hydrate, good).startswith("components/greeting: Secret town/s carries data (a)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "hooks: [{kind: Job, name: migrat, action: omit}]",
            "components/greeting/hooks.yaml: Job migrat is no hook of Helm here | did you mean `Job migrate`?",
        ),
        (
            "hooks: [{kind: Job, name: migrate, namespace: elsewhere, action: omit}]",
            "components/greeting/hooks.yaml: Job elsewhere/migrate is no hook of Helm here | ",
        ),
        (
            "hooks: [{kind: Job, name: migrate, acton: omit}]",
            "components/greeting/hooks.yaml:1:36: unknown key `acton` (in hooks[0]) | did you mean `action`?",
        ),
        (
            "hooks: [{kind: Job, name: migrate, action: omitt}]",
            "components/greeting/hooks.yaml:1:36: Invalid enum value",
        ),
        (
            "hooks: [{kind: Job, name: migrate, action: omit}, {kind: Job, name: migrate, action: apply}]",
            "components/greeting/hooks.yaml: Job migrate is listed twice | ",
        ),
        (
            "hooks: [{kind: Job, name: migrate, action: omit, environments: [locl]}]",
            "components/greeting/hooks.yaml: unknown environment `locl` | did you mean `local`?",
        ),
        (
            "hooks: [{kind: Job, name: migrate, action: omit, at: pre-deploy}]",
            "components/greeting/hooks.yaml: Job migrate is left out, so `at: pre-deploy` means nothing | ",
        ),
    ],
)
def test_a_mistake_in_the_policy(text: str, said: str, good: Platform) -> None:
    hook(good, "migrate", "pre-install")
    good.write("components/greeting/hooks.yaml", f"{text}\n")
    assert refused(good.hydrate, good).startswith(said)


def test_another_name_of_the_file(good: Platform) -> None:
    good.write("components/greeting/hooks.yml", "hooks: []\n")
    assert refused(good.hydrate, good) == (
        "components/greeting/hooks.yml is not read: did you mean `hooks.yaml`? | rename it, or delete it: what no "
        "program reads is no part of the manifests"
    )


def test_the_parts_need_a_name_of_their_own(good: Platform) -> None:
    hook(good, "migrate", "pre-install")
    decide(good, migrate="apply")
    good.write("charts/other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n")
    good.write("charts/other/templates/x.yaml", (good.root / "charts/note/templates/configmap.yaml").read_text())
    good.release("greeting-pre-deploy", chart="other")
    assert refused(good.hydrate, good).startswith(
        "components/greeting-pre-deploy takes the name that the hooks of components/greeting need | "
    )


def test_a_component_that_is_applied_before_flux_has_nothing_before_it(good: Platform) -> None:
    hook(good, "migrate", "pre-install")
    decide(good, migrate="apply")
    good.replace("environments/local.yaml", "name: tiny", "name: tiny\n  bootstrap: [greeting]")
    assert refused(good.hydrate, good).startswith(
        "components/greeting/hooks.yaml: Job migrate can't come first: `inv up` applies components/greeting before Flux"
    )


# --- which part a hook belongs to


def item(kind: str, name: str, *events: str, weight: int = 0) -> Object:
    return Object(
        api_version="v1",
        object_kind=kind,
        namespace="n",
        name=name,
        text="",
        source="s",
        hooks=[*events],
        hook_weight=weight,
    )


def parts(*items: Object, **more: str) -> dict[str, list[str]]:
    decisions = tuple(
        Decision(kind=each.object_kind, name=each.name, action="apply", **more)  # type: ignore[arg-type]
        for each in items
    )
    decided = hooks.decide(Policy("c", "x", decisions), [*items])
    return {part: [each.name for each in found] for part, found in decided.parts.items() if found}


@pytest.mark.parametrize(
    ("events", "part"),
    [
        (["pre-install"], "pre-deploy"),
        (["pre-upgrade"], "pre-deploy"),
        (["post-upgrade"], "post-deploy"),
        (["pre-install", "post-upgrade"], "pre-deploy"),
        # As a database's migration: on a new cluster it can only run once the database is there.
        (["pre-upgrade", "post-install"], "post-deploy"),
        (["post-install", "pre-delete"], "post-deploy"),
        (["pre-upgrade", "pre-rollback"], "pre-deploy"),
        (["crd-install"], ""),
    ],
)
def test_where_a_hook_belongs(events: list[str], part: str) -> None:
    assert parts(item("Job", "a", *events)) == {part: ["a"]}


def test_where_a_hook_belongs_can_be_overruled() -> None:
    assert parts(item("Job", "a", "pre-upgrade"), at="post-deploy") == {"post-deploy": ["a"]}


def test_a_weight_is_a_part_of_its_own_only_after_what_ends() -> None:
    objects = [
        item("ServiceAccount", "account", "pre-install", weight=-5),
        item("Role", "role", "pre-install", weight=-4),
        item("Job", "one", "pre-install", weight=-3),
        item("ConfigMap", "between", "pre-install", weight=0),
        item("Job", "two", "pre-install", weight=1),
        item("ConfigMap", "behind", "pre-install", weight=9),
    ]
    assert parts(*objects) == {"pre-deploy": ["account", "role", "one"], "pre-deploy-2": ["between", "two", "behind"]}


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (["pre-delete"], "Flux never runs pre-delete. Omit it"),
        (["pre-rollback", "post-rollback"], "Flux never runs pre-rollback,post-rollback. Omit it"),
        (["pre-instal"], "Helm knows no hook `pre-instal` and leaves the object out. Omit it too"),
        (["pre-install", ""], "Helm knows no hook `` and leaves the object out. Omit it too"),
    ],
)
def test_what_can_not_be_applied(events: list[str], said: str) -> None:
    with pytest.raises(Findings, match="can't be applied") as caught:
        parts(item("Job", "a", *events))
    assert caught.value.message.endswith(said)


def test_an_entry_of_another_environment_is_no_mistake(good: Platform) -> None:
    good.write("components/greeting/hooks.yaml", "hooks: [{kind: Job, name: a, action: omit, environments: [other]}]\n")
    policy = hooks.read(good.root / "components" / "greeting", ["local"], ["local", "other"])
    assert hooks.decide(policy, []).hooks == ()


def test_a_namespace_in_the_component_itself_is_a_cycle(good: Platform) -> None:
    """As on a new cluster with Helm: the hook has no namespace to be in."""
    hook(good, "migrate", "pre-install")
    decide(good, migrate="apply")
    good.write("charts/note/templates/n.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: town}\n")
    (good.root / "components/spaces/kustomize/overlays/local/kustomization.yaml").write_text("resources: []\n")
    with pytest.raises(PenstockError, match="dependency cycle") as caught:
        good.hydrate()
    assert "greeting-pre-deploy needs greeting (Namespace town)" in caught.value.message
    assert order.order({}) == {}

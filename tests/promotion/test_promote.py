"""inv promote: the pins move, the manifests follow, and the review shows exactly this step."""

from __future__ import annotations

import json

import pytest

from penstock.core.errors import PenstockError
from penstock.hydrate.pinned import Revisions
from penstock.promotion.waiting import waiting
from penstock.verbs.promote import promote
from pins_support import FILE, GREETING, NEW, OLD, commit_of, make_history, pin
from support import Platform

DAY = 86400


@pytest.fixture
def history(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The platform with history; local pins the greeting, far extends nothing and pins nothing."""
    make_history(good)
    good.replace("helmfile.yaml", "  local: {}\n", "  local: {}\n  far: {}\n")
    good.write("environments/far.yaml", "cluster:\n  name: far\nwho: far  # away\n")
    good.write("components/spaces/kustomize/overlays/far/kustomization.yaml", "resources: [../../base]\n")
    pin(good, "  components:\n    greeting: v1  # it lags\n")
    good.hydrate()
    good.commit("Pin the greeting, and add far")
    monkeypatch.chdir(good.root)
    return good


def environment(platform: Platform, name: str = "local") -> str:
    return (platform.root / f"environments/{name}.yaml").read_text()


def changed(platform: Platform) -> list[str]:
    return platform.git("diff", "--name-only", "HEAD").split()


def test_to_the_working_tree(history: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    promote("local", "", [], "")
    assert "sources" not in environment(history)
    assert NEW.strip() in history.text(FILE)
    assert changed(history) == ["environments/local.yaml", f"manifests/local/{FILE}", "manifests/local/penstock.lock"]
    shown = capsys.readouterr()
    assert "~ ConfigMap town/greeting" in shown.out
    assert "local: 1 changed, 0 added, 0 removed" in shown.out
    assert "stale" not in shown.out
    assert "greeting: v1 → working-tree" in shown.err
    history.check()


def test_the_pins_move_even_if_nobody_reads_the_review(history: Platform) -> None:
    history.unread("promote", "local")
    assert "sources" not in environment(history)
    history.check(fast=True)


def test_to_a_revision_and_to_what_another_renders(history: Platform) -> None:
    promote("far", "", ["greeting"], "v1")
    assert environment(history, "far").endswith("who: far  # away\n\nsources:\n  components:\n    greeting: v1\n")
    far = history.root / "manifests/far"
    assert OLD.strip() in (far / FILE).read_text()
    promote("local", "", [], commit_of(history, "main"))
    assert f"  revision: {commit_of(history, 'main')}\n" in environment(history)
    promote("far", "local", [], "")
    assert f"revision: {commit_of(history, 'main')}" in environment(history, "far")
    assert NEW.strip() in (far / FILE).read_text()
    promote("far", "local", [], "")
    history.git("add", "--all")
    history.check()


def test_a_comment_stays(history: Platform) -> None:
    history.git("tag", "v2")
    promote("local", "", ["greeting"], "v2")
    assert environment(history).endswith("    greeting: v2  # it lags\n")


def test_those_that_inherit_move_too(history: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    history.replace("helmfile.yaml", "  far: {}\n", "  far: {}\n  near: {}\n")
    history.write("environments/near.yaml", "extends: local\ncluster: {name: near}\n")
    history.hydrate()
    history.commit("Add near")
    promote("local", "", ["greeting"], "")
    assert NEW.strip() in (history.root / "manifests/near" / FILE).read_text()
    assert "near: 1 changed" in capsys.readouterr().out
    history.check()
    history.commit("Promote")
    promote("near", "", ["greeting"], "v1")
    promote("local", "", ["greeting"], "v1")
    assert "sources" in environment(history, "near")
    promote("near", "", ["greeting"], "")
    assert environment(history, "near").endswith("    greeting: working-tree\n")
    history.git("add", "--all")
    history.check()


@pytest.mark.parametrize(
    ("to", "source", "components", "revision", "message"),
    [
        ("", "", [], "", "which environment?"),
        ("locl", "", [], "", "unknown environment `locl`"),
        ("local", "fra", [], "", "unknown environment `fra`"),
        ("local", "local", [], "", "--from is `local` itself"),
        ("local", "far", [], "v1", "--from and --revision were both given"),
        ("local", "", ["greting"], "", "unknown component `greting`"),
        ("local", "", [], "main", "`main` is a branch, which moves"),
        ("far", "", ["news"], "v1", "there was no components/news at v1"),
    ],
)
def test_what_can_not_be_promoted(
    to: str, source: str, components: list[str], revision: str, message: str, history: Platform
) -> None:
    with pytest.raises(PenstockError) as caught:
        promote(to, source, components, revision)
    (line,) = caught.value.lines
    assert message in line
    assert caught.value.hint
    assert changed(history) == []


def test_stale_manifests_are_refused(history: Platform) -> None:
    history.write("components/news/values.yaml", "text: edited\n")
    with pytest.raises(PenstockError, match="the review would show more than the promotion: components/news changed"):
        promote("local", "", [], "")
    assert changed(history) == ["components/news/values.yaml"]


def test_how_far_it_lags(history: Platform) -> None:
    history.write("components/greeting/README.md", "No input.\n")
    history.commit("Explain")
    history.write(GREETING, "text: hello from tomorrow\n")
    history.hydrate()
    history.commit("Greet once more")
    at = int(history.git("log", "-1", "--format=%ct", "main~3"))
    found = waiting(history.layout, "local", Revisions(history.layout), now=at + 2.5 * DAY)
    (lag,) = found.components
    assert (lag.component, lag.revision, lag.commits, lag.days) == ("greeting", "v1", 2, 2)
    assert (found.commits, found.days, found.changes) == (2, 2, 1)
    assert changed(history) == []
    nothing = waiting(history.layout, "far", Revisions(history.layout))
    assert (nothing.components, nothing.commits, nothing.highest) == ([], 0, None)


def test_a_pin_that_is_gone(history: Platform) -> None:
    """As in a copy of the files with a history of its own: the pin can be taken away."""
    history.git("tag", "--delete", "v1")
    shown = history.run("promote", "--plan")
    assert shown.returncode == 1
    assert "environments/local.yaml:7: sources.components.greeting: unknown revision `v1`" in shown.stderr
    assert "sources.components.greeting: unknown revision `v1`" in history.run("doctor").stderr
    promote("local", "", ["greeting"], "")
    history.check()


def test_the_risks_that_wait(history: Platform) -> None:
    """Without its pins the environment loses a component of then."""
    pin(history, "  revision: v1\n")
    history.hydrate()
    found = json.loads(history.succeed("promote", "--plan", "--json").stdout)
    assert [each["environment"] for each in found] == ["far", "local"]
    local = found[1]
    assert {each["component"] for each in local["components"]} == {"greeting", "old-times", "spaces"}
    # The greeting changes, the news come, old-times go, with what Flux needs for each.
    assert local["changes"] == 5
    shown = history.succeed("promote", "--plan").stdout
    assert "far: renders the working tree\n" in shown
    assert "local: 2 commits behind for 0 days; 5 objects would change, no risks\n  greeting at v1: 1 commit," in shown
    assert history.succeed("promote", "far", "--plan").stdout == "far: renders the working tree\n"
    refused = history.run("promote", "far", "--next")
    assert (refused.returncode, refused.stderr.splitlines()[0]) == (
        1,
        "error: --next takes no environment, and `far` was given",
    )

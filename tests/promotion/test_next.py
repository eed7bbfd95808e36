"""What promotion.yaml makes due: the decision of the workflow, and its file's own faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.promotion import settings
from penstock.promotion.next import Decision, decide
from penstock.tools import github
from pins_support import commit_of, make_history, pin
from support import Platform

ORDER = "order: [[first], [local]]\n"
DAY = 86400


@pytest.fixture
def history(good: Platform) -> Platform:
    """The platform with history: `first` renders the working tree, `local` pins the greeting to v1."""
    make_history(good)
    good.replace("helmfile.yaml", "  local: {}\n", "  local: {}\n  first: {}\n")
    good.write("environments/first.yaml", "cluster: {name: first}\nwho: first\n")
    good.write("components/spaces/kustomize/overlays/first/kustomization.yaml", "resources: [../../base]\n")
    pin(good, "  components:\n    greeting: v1\n")
    good.write("promotion.yaml", ORDER)
    good.hydrate()
    good.commit("Pin the greeting")
    return good


def asked(platform: Platform, more: str = "", passed: dict[str, str] | None = None, later: float = 0) -> Decision:
    """The decision some seconds after the newest commit; each check has this conclusion on every commit."""
    platform.write("promotion.yaml", ORDER + more)
    at = int(platform.git("log", "-1", "--format=%ct")) + later
    return decide(platform.layout, settings.read(platform.layout), lambda _, __: passed or {}, now=at)


def held(found: Decision) -> str:
    assert found.proposals == []
    (one,) = found.held
    return one.reason


def test_the_newest_commit_is_due(history: Platform) -> None:
    found = asked(history)
    (proposal,) = found.proposals
    commit = commit_of(history, "main")
    assert (proposal.environment, proposal.before, proposal.revision) == ("local", ["first"], commit)
    assert (proposal.components, proposal.commits) == (["greeting"], 1)
    assert proposal.argv == ["local", "--revision", commit, "-c", "greeting"]
    assert (proposal.branch, proposal.title) == ("promotion/local", f"Promote local (greeting) to {commit[:12]}")
    history.succeed("promote", *proposal.argv)
    history.commit("Promote")
    assert "changed up to" in held(asked(history))


def test_a_commit_has_to_be_old_enough(history: Platform) -> None:
    assert held(asked(history, "minimumAge: 2d\n", later=DAY)) == "no commit is 2d old"
    assert asked(history, "minimumAge: 2d\n", later=2 * DAY).proposals[0].revision == commit_of(history, "main")


def test_checks_have_to_pass(history: Platform) -> None:
    text, short = "checks: [build, tests]\n", commit_of(history, "main")[:12]
    passed = {"build": "success", "tests": "success", "other": "failure"}
    assert asked(history, text, passed).proposals
    assert held(asked(history, text, {**passed, "tests": "failure"})) == f"the check `tests` of {short} has not passed"
    assert held(asked(history, text, {**passed, "tests": ""})) == f"the check `tests` of {short} has not passed"
    assert held(asked(history, text, {"build": "success"})) == f"the check `tests` of {short} has not run"


def test_an_older_commit_whose_checks_passed(history: Platform) -> None:
    history.write("NOTES", "pushed together with the next\n")
    history.commit("Note")
    good = commit_of(history, "main~1")
    history.write("promotion.yaml", ORDER + "checks: [tests]\n")
    found = decide(
        history.layout,
        settings.read(history.layout),
        lambda _, commit: {"tests": "success"} if commit == good else {},
    )
    assert found.proposals[0].revision == good


def test_what_the_step_before_pins_moves_on(history: Platform) -> None:
    history.git("tag", "v2")
    path = history.root / "environments/first.yaml"
    path.write_text(path.read_text() + "sources: {revision: v2}\n")
    history.hydrate()
    history.commit("Pin first")
    assert asked(history).proposals[0].revision == "v2"
    assert held(asked(history, "minimumAge: 1d\n", later=60)) == "first changed less than 1d ago"


def test_environments_side_by_side_have_to_agree(history: Platform) -> None:
    history.replace("helmfile.yaml", "  first: {}\n", "  first: {}\n  beside: {}\n")
    history.write("environments/beside.yaml", "extends: first\ncluster: {name: b}\nsources: {revision: v1}\n")
    history.write("promotion.yaml", "order: [[first, beside], [local]]\n")
    found = decide(history.layout, settings.read(history.layout), lambda _, __: {})
    assert held(found) == "first, beside don't agree on a revision: the working tree, v1"


def test_without_pins_nothing_is_due(history: Platform) -> None:
    history.succeed("promote", "local")
    assert held(asked(history)).startswith("it renders the working tree")


def test_a_whole_environment(history: Platform) -> None:
    pin(history, "  revision: v1\n")
    history.hydrate()
    history.commit("Pin all")
    (proposal,) = asked(history).proposals
    assert proposal.argv == ["local", "--revision", commit_of(history, "main")]
    assert (
        f"Promote local to {commit_of(history, 'main')[:12]}: 2 commits\n"
        in history.succeed("promote", "--next").stdout
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("order: [[first], [locl]]\n", "promotion.yaml: unknown environment `locl`; did you mean `local`?"),
        ("order: [[first], [first]]\n", "promotion.yaml: `first` is in `order` twice"),
        ("order: [[first]]\n", "promotion.yaml:1:1: "),
        ("order: [[first], [local]]\nminimumAge: 2 days\n", "promotion.yaml:2:1: "),
        ("order: [[first], [local]]\nminimalAge: 2d\n", "promotion.yaml:2:1: unknown key `minimalAge`"),
    ],
)
def test_a_file_with_a_fault(text: str, message: str, good: Platform) -> None:
    good.write("helmfile.yaml", "environments: {first: {}, local: {}}\nhelmfiles: []\n")
    good.write("promotion.yaml", text)
    with pytest.raises(PenstockError) as caught:
        settings.read(good.layout)
    assert caught.value.message.startswith(message)


def test_no_file(good: Platform) -> None:
    with pytest.raises(PenstockError, match=r"^there is no promotion\.yaml"):
        settings.read(good.layout)


def test_checks_are_those_of_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gh"
    program.write_text(
        "#!/bin/sh\ncase \"$*\" in *'repos/{owner}/{repo}/commits/abc/check-runs'*) ;; *) exit 3;; esac\n"
        'printf \'%s\\n\' \'{"conclusion":"success","name":"tests"}\' \'{"conclusion":null,"name":"lint"}\'\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert github.conclusions(tmp_path, "abc") == {"tests": "success", "lint": ""}
    program.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PenstockError, match="gh is not on PATH"):
        github.conclusions(tmp_path, "abc")

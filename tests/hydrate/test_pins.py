"""Pinned components: rendered as they were at a revision, with the values of today."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.gates.hydrate_oracle import hydrate_oracle
from penstock.hydrate import lock
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.pinned import layouts
from penstock.platform import secrets
from pins_support import FILE, GREETING, NEW, OLD, commit_of, make_history, pin
from support import Platform, found


@pytest.fixture
def history(good: Platform) -> Platform:
    """The platform with history."""
    return make_history(good)


def greeting(platform: Platform) -> LockedComponent:
    return platform.lock.components["greeting"]


def test_a_pinned_component_is_as_it_was(history: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    others = history.files()
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    assert OLD.strip() in history.text(FILE)
    assert greeting(history).commit == commit_of(history, "v1")
    changed = {path for path, text in history.files().items() if others[path] != text}
    assert changed == {f"manifests/local/{FILE}", "manifests/local/penstock.lock"}
    history.check(fast=True)
    history.check()
    monkeypatch.chdir(history.root)
    assert found(hydrate_oracle) == []


def test_the_oracle_reads_git_and_not_the_cache(history: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    cached = layouts(history.layout, "local")("greeting").sources
    assert cached
    values = cached / GREETING
    values.chmod(0o644)
    values.write_text("text: planted\n")
    (history.root / "manifests/local" / FILE).unlink()
    history.hydrate()
    assert "planted" in history.text(FILE)
    monkeypatch.chdir(history.root)
    assert [each.rule for each in found(hydrate_oracle)] == ["hydrate-oracle/different"]
    values.write_text(OLD)


def test_values_are_those_of_today(history: Platform) -> None:
    history.write(GREETING, "text: {{ .Values.who }}\n")
    history.commit("Read a value")
    history.git("tag", "v2")
    history.git("rm", "-r", "--quiet", "components/greeting")
    pin(history, "  components:\n    greeting: v2\n")
    history.replace("environments/local.yaml", "who: world", "who: pinned town")
    history.hydrate()
    assert "pinned town" in history.text(FILE)


def test_an_edit_of_the_working_tree_leaves_a_pinned_component_fresh(history: Platform) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    history.commit("Pin")
    history.write(GREETING, "text: edited\n")
    assert history.findings() == []
    history.check(fast=True)
    history.hydrate()
    assert OLD.strip() in history.text(FILE)
    history.write("components/news/values.yaml", "text: edited\n")
    assert history.findings() == ["components/news changed since manifests/local/news was hydrated"]


@pytest.mark.parametrize("text", ["components: {greeting: v2}", "components: {news: v2}", "revision: v2"])
def test_a_changed_pin_is_stale(text: str, history: Platform) -> None:
    history.git("tag", "v2")
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    pin(history, f"  {text}\n")
    assert any("is stale" in line for line in history.findings())


def test_an_edited_commit_in_the_lock_is_stale(history: Platform) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    path = history.tree / "penstock.lock"
    path.write_text(path.read_text().replace(commit_of(history, "v1"), commit_of(history, "main")))
    assert history.findings() == ["components/greeting changed since manifests/local/greeting was hydrated"]


def test_a_moved_tag_is_found_by_rendering(history: Platform) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    history.git("tag", "--force", "v1", "main")
    assert history.findings() == []
    with pytest.raises(Findings, match="stale"):
        history.check()
    history.hydrate()
    assert NEW.strip() in history.text(FILE)


def test_an_environment_at_a_revision_has_the_components_of_then(history: Platform) -> None:
    pin(history, "  revision: v1\n")
    history.hydrate()
    assert sorted(history.lock.components) == ["greeting", "old-times", "spaces"]
    assert history.findings() == []
    history.git("add", "--all")
    history.check()
    pin(history, "  revision: v1\n  components:\n    news: working-tree\n    greeting: working-tree\n")
    history.hydrate()
    assert sorted(history.lock.components) == ["greeting", "news", "old-times", "spaces"]
    assert NEW.strip() in history.text(FILE)
    history.git("add", "--all")
    history.check(fast=True)
    pin(history, "  revision: working-tree\n")
    history.hydrate()
    assert sorted(history.lock.components) == ["greeting", "news", "spaces"]


def test_pins_are_inherited_and_overridden(history: Platform) -> None:
    history.replace("helmfile.yaml", "  local: {}\n", "  local: {}\n  near: {}\n  far: {}\n")
    history.write("environments/near.yaml", "extends: local\ncluster: {name: near}\n")
    unpinned = "sources:\n  components:\n    greeting: working-tree\n"
    history.write("environments/far.yaml", f"extends: local\ncluster: {{name: far}}\n{unpinned}")
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    expected = {"local": OLD, "near": OLD, "far": NEW}
    for name, text in expected.items():
        assert text.strip() in (history.root / "manifests" / name / FILE).read_text()
    history.git("add", "--all")
    history.check(fast=True)


def test_a_pinned_component_has_the_charts_of_its_revision(history: Platform) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    before = history.text(FILE)
    history.replace("charts/note/templates/configmap.yaml", "kind: ConfigMap\n", "kind: ConfigMap\nimmutable: true\n")
    history.hydrate()
    assert history.text(FILE) == before
    assert "immutable" in history.text("news/configmap-news.yaml")


def test_secrets_are_those_of_the_revision(history: Platform) -> None:
    text = "secrets:\n  - name: old\n    namespaces: [town]\n    generate: {key: 32}\n"
    history.write("components/greeting/secrets.yaml", text)
    history.hydrate()
    history.commit("Declare a Secret")
    history.git("tag", "v2")
    history.write("components/greeting/secrets.yaml", text.replace("old", "new"))
    pin(history, "  components:\n    greeting: v2\n")
    history.hydrate()
    sources = layouts(history.layout, "local")
    assert [each.name for each in secrets.declared(sources("greeting"), ["greeting"])] == ["old"]


def test_an_error_names_the_revision(history: Platform) -> None:
    history.write(GREETING, "text: [\n")
    history.commit("Break it")
    history.git("tag", "broken")
    history.write(GREETING, NEW)
    pin(history, "  components:\n    greeting: broken\n")
    before = history.files()
    with pytest.raises(PenstockError, match=r"components/greeting/values.* \(at broken\)"):
        history.hydrate()
    assert history.files() == before


def _branch(history: Platform) -> str:
    return "main"


def _short(history: Platform) -> str:
    return commit_of(history, "v1")[:9]


def _other_format(history: Platform) -> str:
    path = history.tree / "penstock.lock"
    path.write_text(path.read_text().replace(f'"version": {lock.FORMAT}', f'"version": {lock.FORMAT - 1}'))
    history.commit("Write an old lock")
    history.git("tag", "before")
    return "before"


def _other_layout(history: Platform) -> str:
    history.git("mv", "components", "parts")
    history.git("rm", "-r", "--quiet", "manifests")
    history.commit("Move the components")
    history.git("tag", "before")
    history.git("checkout", "--quiet", "main~1", "--", "components", "manifests")
    return "before"


def _unkept(history: Platform) -> str:
    history.git("checkout", "--quiet", "--detach")
    history.git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--allow-empty", "-q", "-m", "Lose it")
    commit = commit_of(history, "HEAD")
    history.git("checkout", "--quiet", "main")
    return commit


def _unpushed(history: Platform) -> str:
    history.git("update-ref", "refs/remotes/origin/main", "v1")
    return commit_of(history, "main")


@pytest.mark.parametrize(
    ("revision", "message", "hint"),
    [
        (lambda _: "v9", "unknown revision `v9`", "a pin is a tag or a full commit"),
        (lambda _: "0" * 40, "unknown revision `0000", "a pin is a tag or a full commit"),
        (lambda _: "HEAD~1", "`HEAD~1` is neither a tag nor a full commit", "or tag it"),
        (lambda _: "a b", "unknown revision `a b`", "a pin is a tag or a full commit"),
        (_branch, "`main` is a branch, which moves: a pin is a tag or a full commit", "write "),
        (_short, "is a short hash, which more commits may begin with one day", "write "),
        (_other_format, "is from before the format of the lock changed from 2 to 3", "pin to a later revision"),
        (_other_layout, "has no components/: the platform had another layout then", "pin to a later revision"),
        (_unkept, "is in no branch or tag of this repository: Git would delete it one day", "git tag NAME "),
        (_unpushed, "is in no branch or tag of the remote", "push its branch or tag it"),
    ],
)
def test_a_revision_that_is_no_pin(
    revision: Callable[[Platform], str], message: str, hint: str, history: Platform
) -> None:
    pin(history, f'  components:\n    greeting: "{revision(history)}"\n')
    before = history.files()
    with pytest.raises(PenstockError) as caught:
        history.hydrate()
    (line,) = caught.value.lines
    assert line.startswith("environments/local.yaml:7: sources.components.greeting: ")
    assert message in line
    assert hint in caught.value.hint
    assert history.files() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "  components:\n    news: v1\n",
            r"yaml:7: sources\.components\.news: there was no components/news at v1",
        ),
        ("  components:\n    nws: working-tree\n", r"local\.yaml:7: .*the working tree has no such component"),
        ("  revisions: v1\n", "unknown key `revisions`"),
        ("  revision: v0\n", r"local\.yaml:6: sources\.revision: unknown revision `v0`"),
        ("  components: [greeting]\n", "sources"),
    ],
)
def test_settings_that_are_no_pins(text: str, message: str, history: Platform) -> None:
    pin(history, text)
    with pytest.raises(PenstockError, match=message) as caught:
        history.hydrate()
    assert len(caught.value.lines) == 1


def test_a_short_hash_of_several_commits(history: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = history.git("write-tree")
    commits: dict[str, str] = {}
    prefix = ""
    for number in range(4000):
        env = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        commit = history.git(*env, "commit-tree", tree, "-m", str(number))
        prefix = commit[:4]
        if prefix in commits:
            break
        commits[prefix] = commit
    pin(history, f'  revision: "{prefix}"\n')
    with pytest.raises(PenstockError, match=rf"`{prefix}` is ambiguous: 2 commits begin with it"):
        history.hydrate()


def test_a_shallow_clone(history: Platform, tmp_path: object) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    history.hydrate()
    history.commit("Pin")
    place = history.root.with_name("shallow")
    history.git("clone", "--quiet", "--depth=1", f"file://{history.root}", str(place))
    clone = Platform(place)
    clone.check(fast=True)
    with pytest.raises(PenstockError, match=r"unknown revision `v1`: this is a shallow clone") as caught:
        clone.check()
    assert caught.value.hint == "git fetch --unshallow --tags (actions/checkout: fetch-depth: 0)"
    clone.git("fetch", "--quiet", "--unshallow", "--tags")
    clone.check()


def test_without_git(history: Platform) -> None:
    pin(history, "  components:\n    greeting: v1\n")
    (history.root / ".git").rename(history.root.with_name("history"))
    with pytest.raises(PenstockError, match=r"sources\.components\.greeting: .* is not a Git repository"):
        history.hydrate()


def test_a_platform_in_a_folder_of_its_repository(good: Platform) -> None:
    inner = Platform(good.root / "inner")
    for each in list(good.root.iterdir()):
        inner.root.mkdir(exist_ok=True)
        each.rename(inner.root / each.name)
    good.git("init", "--quiet", "--initial-branch=main")
    inner.write(GREETING, OLD)
    inner.hydrate()
    good.commit("Greet")
    good.git("tag", "v1")
    inner.write(GREETING, NEW)
    pin(inner, "  components:\n    greeting: v1\n")
    inner.hydrate()
    assert OLD.strip() in inner.text(FILE)


SCHEMA = """{"type": "object", "additionalProperties": false, "required": ["who", "food", "size"], "properties": {
"who": {"type": "string"}, "size": {"type": "integer"},
"food": {"type": "object", "additionalProperties": false, "required": ["bread"],
"properties": {"bread": {"type": "string"}}}}}
"""


def test_a_revision_that_needs_other_values(history: Platform) -> None:
    """Only what its templates name counts: `size` is gone too, but nothing pinned reads it."""
    history.write(GREETING, "text: {{ .Values.food.bread }}\n")
    history.write("environments/schema.json", SCHEMA)
    history.replace("environments/local.yaml", "who: world", "who: world\nfood: {bread: rye}\nsize: 1")
    history.hydrate()
    history.commit("Bake")
    history.git("tag", "v2")
    history.write("environments/schema.json", SCHEMA.replace("bread", "cake").replace(', "size"]', "]"))
    history.replace("environments/local.yaml", "food: {bread: rye}\nsize: 1", "food: {cake: nut}")
    history.write(GREETING, "text: {{ .Values.food.cake }}\n")
    history.hydrate()
    pin(history, "  components:\n    greeting: v2\n")
    with pytest.raises(Findings) as caught:
        history.hydrate()
    assert caught.value.findings == [
        "environments/local.yaml: the key `bread` is missing (in food), which components/greeting reads (at v2)"
    ]

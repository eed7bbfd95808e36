"""Every mistake in tests/platforms is refused in the words of its message.txt, and nothing is lost.

Each folder is one mistake, laid over the good platform; message.txt is all that `inv hydrate` says of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.core.errors import PenstockError, reported
from support import PLATFORMS, Platform

MISTAKES = sorted(path.parent.name for path in PLATFORMS.glob("*/message.txt"))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_explained(
    mistake: str, platform: Callable[..., Platform], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = platform(mistake)
    before = broken.files()
    with pytest.raises(SystemExit) as ended, reported():
        broken.hydrate()
    said = capsys.readouterr()
    assert said.err == (PLATFORMS / mistake / "message.txt").read_text()
    assert (ended.value.code, said.out) == (1, "")
    assert broken.files() == before


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_message_is_fit_to_read(mistake: str) -> None:
    """One line for each fault, then a hint; no traceback, no path that only this run knew."""
    said, hint, _ = (PLATFORMS / mistake / "message.txt").read_text().partition("\n  hint: ")
    faults = said.splitlines()
    assert faults
    assert hint
    assert all(line.startswith("error: ") for line in faults)
    assert not re.search(r"Traceback|/tmp|penstock-|bug:", "\n".join(faults))


def refused(made: Platform, *components: str) -> str:
    """The message and the hint with which hydrating is refused; nothing may have changed."""
    before = made.files()
    with pytest.raises(PenstockError) as caught:
        made.hydrate(*components)
    assert made.files() == before
    return f"{caught.value.message} | {caught.value.hint}"


def test_an_unknown_environment(good: Platform) -> None:
    ran = good.run("hydrate", "-e", "locl")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "error: unknown environment `locl`: helmfile.yaml has local\n  hint: did you mean `local`?\n"


@pytest.mark.parametrize("name", ["..", "../components/greeting", "/etc", "components/greeting", ""])
def test_a_component_is_a_name_and_not_a_path(name: str, good: Platform) -> None:
    assert refused(good, name) == (
        f"`{name}` is not a component's name | give the name of a folder of components/, not a path"
    )


def test_an_unknown_component(good: Platform) -> None:
    assert refused(good, "greting") == "unknown component `greting` | did you mean `greeting`?"


@pytest.mark.parametrize("name", ["Greeting", "greeting_two", "-greeting", "greeting-", "flux-system", "g" * 64])
def test_a_name_that_kubernetes_refuses(name: str, good: Platform) -> None:
    (good.root / "components" / "greeting").rename(good.root / "components" / name)
    assert refused(good).startswith(f"components/{name}: Kubernetes refuses the name `{name}`")


def test_a_component_that_is_a_link(good: Platform, tmp_path: Path) -> None:
    (good.root / "components" / "greeting").rename(tmp_path / "elsewhere")
    (good.root / "components" / "greeting").symlink_to(tmp_path / "elsewhere")
    assert refused(good).startswith("components/greeting is a symbolic link | ")


@pytest.mark.parametrize("target", ["/etc/hostname", "../../../environments/local.yaml", "../../../../nowhere"])
def test_a_file_that_is_a_link_to_elsewhere(target: str, good: Platform) -> None:
    (good.root / "components" / "greeting" / "config").mkdir()
    (good.root / "components" / "greeting" / "config" / "text").symlink_to(target)
    said = "components/greeting/config/text is a symbolic link that leads out of components/greeting | "
    assert refused(good).startswith(said)


def test_a_folder_that_is_a_link_to_elsewhere(good: Platform, tmp_path: Path) -> None:
    (good.root / "components" / "spaces" / "kustomize" / "base" / "more").symlink_to(tmp_path)
    assert refused(good).startswith(
        "components/spaces/kustomize/base/more is a symbolic link that leads out of components/spaces | "
    )


def test_a_new_component_with_a_link_to_elsewhere(good: Platform) -> None:
    good.release("second")
    (good.root / "components" / "second" / "values.yaml").unlink()
    (good.root / "components" / "second" / "values.yaml").symlink_to("/nowhere/values.yaml")
    assert refused(good).startswith("components/second/values.yaml is a symbolic link that leads out of")


def test_a_chart_with_a_link_to_elsewhere(good: Platform) -> None:
    (good.root / "charts" / "note" / "templates" / "more.yaml").symlink_to("/nowhere/more.yaml")
    assert refused(good).startswith("charts/note/templates/more.yaml is a symbolic link that leads out of charts/note")


def test_a_link_inside_of_a_component_is_fine(good: Platform) -> None:
    folder = good.root / "components" / "greeting"
    (folder / "config").mkdir()
    (folder / "also").symlink_to("config")
    good.hydrate()
    assert good.findings() == []
    (folder / "also").unlink()
    assert good.findings() == ["components/greeting changed since manifests/local/greeting was hydrated"]


def test_a_platform_is_needed(good: Platform, tmp_path: Path) -> None:
    ran = good.run("hydrate", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"error: {tmp_path.resolve()}: no platform here")


def test_a_lock_from_a_newer_version(good: Platform) -> None:
    text = good.text("penstock.lock")
    (good.tree / "penstock.lock").write_text(re.sub(r'"version": \d+', '"version": 999', text))
    said = "manifests/local/penstock.lock has format 999, and this Penstock reads up to 3 | a newer Penstock wrote it"
    assert refused(good).startswith(said)
    for fast in (True, False):
        with pytest.raises(PenstockError, match="has format 999"):
            good.check(fast)


def test_a_lock_with_a_merge_conflict(good: Platform) -> None:
    text = good.text("penstock.lock")
    (good.tree / "penstock.lock").write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
    assert refused(good).startswith("manifests/local/penstock.lock has a merge conflict | delete it and run")
    with pytest.raises(PenstockError, match="has a merge conflict"):
        good.check(fast=True)


SECRET = "secrets: [{name: a, namespaces: [town]}]\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: \xe9\n", ":1:4: not YAML: "),
        (b"secrets: 1\n", ":1:1: Expected `array`, got `int` (in secrets)"),
        (f"{SECRET}---\n{SECRET}".encode(), ":2:1: "),
        (b"{on: x}\n", "unknown key `true`"),
    ],
)
def test_a_secrets_file_that_is_none(content: bytes, said: str, good: Platform) -> None:
    (good.root / "components" / "greeting" / "secrets.yaml").write_bytes(content)
    found = refused(good)
    assert found.startswith("components/greeting/secrets.yaml")
    assert said in found
    assert "Helm" not in found


@pytest.mark.parametrize("name", ["helmfile.yaml.gotmpl", "values.yaml.gotmpl", "hooks.yaml"])
def test_a_source_that_is_not_utf_8(name: str, good: Platform) -> None:
    path = good.write(f"components/greeting/{name}", "")
    path.write_bytes(b"values: [values.yaml.gotmpl]\n# a: \xe9\n")
    found = refused(good)
    assert found.startswith(f"components/greeting/{name}:2:")
    assert found.endswith("| write it as UTF-8")


def test_a_fault_in_the_second_environment_leaves_the_first(good: Platform) -> None:
    """Nothing is written before all of it is valid."""
    good.add("an-environment-without-its-file")
    good.write("components/greeting/values.yaml.gotmpl", "text: changed\n")
    assert refused(good).startswith("environments/remote.yaml is missing")

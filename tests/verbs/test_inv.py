"""./inv itself: what it starts before there is a .venv."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from git_support import local_variables
from penstock.platform.layout import ENGINE

# Stands for python3, which makes .venv, and for what is in it then.
_PYTHON = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; cp "$0" "$4/bin/inv" ;;
"-m pip") env >>SEEN ;;
"-m compileall" | "-c "*) exit 0 ;;
*) echo "inv $*" ;;
esac
"""


def start(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`./inv up` of a checkout of nothing but inv and a lock; what pip sees is in the file `seen`."""
    shutil.copy(ENGINE / "inv", folder / "inv")
    (folder / "requirements.lock").touch()
    fake = folder / "bin" / "python3"
    fake.parent.mkdir(exist_ok=True)
    fake.write_text(_PYTHON.replace("SEEN", str(folder / "seen")))
    fake.chmod(0o755)
    env = {**os.environ, **variables, "PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([folder / "inv", "up"], env=env, capture_output=True, text=True, check=False)


def test_pip_gets_none_of_the_variables_of_a_hook(tmp_path: Path) -> None:
    variables = local_variables()
    hostile = dict.fromkeys(variables, str(tmp_path)) | {"GIT_CONFIG_COUNT": "0", "MINE": "kept"}
    done = start(tmp_path, **hostile)
    assert done.stdout == "inv -m penstock up\n"
    seen = (tmp_path / "seen").read_text().splitlines()
    assert "MINE=kept" in seen
    assert [line for line in seen if line.partition("=")[0] in variables] == []


def test_another_lock_and_an_interrupted_installation_make_it_again(tmp_path: Path) -> None:
    for lock, stamp in (("", None), ("a==1", None), ("a==1", "unfinished")):
        (tmp_path / "requirements.lock").write_text(lock)
        if stamp:
            (tmp_path / ".venv" / "stamp").write_text(stamp)
        assert "making .venv" in start(tmp_path).stderr
        assert start(tmp_path).stderr == ""


def test_inv_of_the_venv_is_this_one(tmp_path: Path) -> None:
    start(tmp_path)
    link = tmp_path / ".venv" / "bin" / "inv"
    done = subprocess.run([link, "--print-completion-script", "tcsh"], capture_output=True, text=True, check=False)
    assert f"hint: {link} --print-completion-script bash" in done.stderr
    assert subprocess.run([link, "status"], capture_output=True, text=True, check=True).stdout == (
        "inv -m penstock status\n"
    )


def test_a_venv_of_the_user_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "mine").touch()
    done = start(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"inv: {tmp_path}/.venv was not made by ./inv\n  hint: ")
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["mine"]


def test_a_venv_of_another_checkout_is_left_alone(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    start(there)
    (here / ".venv").symlink_to(there / ".venv")
    assert start(here).returncode == 0  # it has what the lock names
    stamp = (there / ".venv" / "stamp").read_text()
    (here / "requirements.lock").write_text("a==1")
    done = start(here)
    assert done.returncode == 1
    assert f"{here}/.venv is a link" in done.stderr
    assert (there / ".venv" / "stamp").read_text() == stamp

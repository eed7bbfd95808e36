"""./inv itself: what it starts before there is a .venv."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from git_support import local_variables
from penstock.core.layout import ENGINE

# Stands for python3, which makes .venv, and for what is in it then.
_PYTHON = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; cp "$0" "$4/bin/inv" ;;
"-m pip") env >>SEEN ;;
"-c "*) exit 0 ;;
*) echo "inv $*" ;;
esac
"""


def test_pip_gets_none_of_the_variables_of_a_hook(tmp_path: Path) -> None:
    variables = local_variables()
    shutil.copy(ENGINE / "inv", tmp_path / "inv")
    (tmp_path / "requirements.lock").write_text("")
    fake = tmp_path / "bin" / "python3"
    fake.parent.mkdir()
    fake.write_text(_PYTHON.replace("SEEN", str(tmp_path / "seen")))
    fake.chmod(0o755)
    hostile = dict.fromkeys(variables, str(tmp_path)) | {"GIT_CONFIG_COUNT": "0", "MINE": "kept"}
    env = {**os.environ, **hostile, "PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([tmp_path / "inv", "up"], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"inv -m invoke --search-root {tmp_path} up\n"
    seen = (tmp_path / "seen").read_text().splitlines()
    assert "MINE=kept" in seen
    assert [line for line in seen if line.partition("=")[0] in variables] == []

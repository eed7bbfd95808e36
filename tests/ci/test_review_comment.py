"""The step of review-comment.yaml, with the real unzip and jq, against answers of GitHub's API in files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.platform.layout import ENGINE

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "jq", "unzip"))), reason="needs jq and unzip, as GitHub's runners have them"
)
MARKER = "<!-- penstock review -->"
COMMIT = "c" * 40
# Answers GET from api.json by path without its query; records what is posted.
GH = """
import json, subprocess, sys
from pathlib import Path
words = sys.argv[2:]
options = {word: words[words.index(word) + 1] for word in ("--jq", "--method", "--input") if word in words}
path = next(word for word in words if word.startswith("repos/")).partition("?")[0]
if path.endswith("/zip"):
    sys.stdout.buffer.write(Path("artifact.zip").read_bytes())
elif "--input" in options:
    body = json.loads(Path(options["--input"]).read_text())["body"]
    Path("written.json").write_text(json.dumps([options["--method"], path, body]))
else:
    answer = json.dumps(json.loads(Path("api.json").read_text())[path])
    subprocess.run(["jq", "-r", options["--jq"]], input=answer, text=True, check=True)
"""


def script() -> str:
    workflow: dict[str, Any] = parse((ENGINE / ".github/workflows/review-comment.yaml").read_bytes(), "workflow")
    [step] = workflow["jobs"]["comment"]["steps"]
    return str(step["run"])


class Run:
    """A run of the step: the files in the artifact, the comments that exist, and what GitHub knows."""

    def __init__(self, folder: Path, comments: list[tuple[str, str]] | None = None) -> None:
        self.folder = folder
        self.files = {"number.txt": b"7\n", "review.md": b"## Review: a -> b\n"}
        users = comments or []
        self.api: dict[str, Any] = {
            "repos/o/r/actions/runs/1/artifacts": {"artifacts": [{"id": 5, "size_in_bytes": 900}]},
            "repos/o/r/pulls/7": {"head": {"sha": COMMIT}},
            "repos/o/r/issues/7/comments": [
                {"id": number, "user": {"login": user}, "body": body} for number, (user, body) in enumerate(users, 1)
            ],
        }

    def __call__(self) -> subprocess.CompletedProcess[str]:
        with zipfile.ZipFile(self.folder / "artifact.zip", "w") as archive:
            for name, content in self.files.items():
                archive.writestr(name, content)
        (self.folder / "api.json").write_text(json.dumps(self.api))
        gh = self.folder / "bin/gh"
        gh.parent.mkdir()
        gh.write_text(f"#!{sys.executable}\n{GH}")
        gh.chmod(0o755)
        env = {
            "PATH": f"{gh.parent}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder),
            "REPOSITORY": "o/r",
            "RUN": "1",
            "RUN_URL": "https://github.example/o/r/actions/runs/1",
            "COMMIT": COMMIT,
        }
        return subprocess.run(["bash", "-e", "-c", script()], env=env, text=True, capture_output=True, timeout=60)

    def written(self) -> tuple[str, str, str]:
        """The method, the path and the body of what was posted."""
        ran = self()
        assert ran.returncode == 0, ran.stderr
        method, path, body = json.loads((self.folder / "written.json").read_text())
        return method, path, body

    def refused(self, code: int) -> str:
        """What the step prints if it posts nothing."""
        ran = self()
        assert ran.returncode == code, ran.stderr
        assert not (self.folder / "written.json").exists()
        return ran.stdout


def test_the_first_comment(tmp_path: Path) -> None:
    method, path, body = Run(tmp_path, comments=[("a-user", f"{MARKER}\nmine")]).written()
    assert (method, path) == ("POST", "repos/o/r/issues/7/comments")
    link = f"{COMMIT}: [the page, JSON and SARIF](https://github.example/o/r/actions/runs/1#artifacts)."
    assert body == f"{MARKER}\n## Review: a -> b\n\n{link}\n"


def test_the_next_run_updates_it(tmp_path: Path) -> None:
    bot = "github-actions[bot]"
    comments = [("a-user", MARKER), (bot, "of another workflow"), (bot, f"{MARKER}\nold")]
    method, path, _ = Run(tmp_path, comments).written()
    assert (method, path) == ("PATCH", "repos/o/r/issues/comments/3")


@pytest.mark.parametrize("number", [b"", b"0", b"7;id", b"../8", b"7\n8", b"$(id)", b"9" * 30])
def test_a_number_that_is_none(tmp_path: Path, number: bytes) -> None:
    run = Run(tmp_path)
    run.files["number.txt"] = number
    assert run.refused(1) == "::error::number.txt of the review holds no number\n"


def test_the_number_of_a_pull_request_at_another_commit(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.api["repos/o/r/pulls/7"]["head"]["sha"] = "d" * 40
    assert run.refused(0).startswith("::notice::pull request 7 is not at the commit of this run")


@pytest.mark.parametrize("artifacts", [[], [{"id": 5, "size_in_bytes": 20_000_000}]])
def test_no_artifact_and_a_huge_one(tmp_path: Path, artifacts: list[Any]) -> None:
    run = Run(tmp_path)
    run.api["repos/o/r/actions/runs/1/artifacts"] = {"artifacts": artifacts}
    assert run.refused(0).startswith("::notice::the run left no review, or one of more than 20 MB")


def test_a_huge_text_with_broken_characters_fits_a_comment(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.files["review.md"] = b"\xff" + "🔴".encode() * 50_000_000
    _, _, body = run.written()
    assert 10_000 < len(body.encode()) < 65_536
    assert body.endswith("#artifacts).\n")


def test_a_review_without_a_result(tmp_path: Path) -> None:
    run = Run(tmp_path)
    del run.files["review.md"]
    assert "The review has no result: the log of its run tells why." in run.written()[2]


def test_the_names_in_an_archive_are_no_paths(tmp_path: Path) -> None:
    run = Run(tmp_path / "temp")
    run.folder.mkdir()
    run.files |= {"../evil": b"x", "gh": b"x", "comment.json": b"x"}
    run.written()
    assert not (tmp_path / "evil").exists()
    assert json.loads((run.folder / "comment.json").read_text())["body"].startswith(MARKER)

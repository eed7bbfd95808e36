"""A platform to try things on, and the folders and environment that the tests share."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from penstock.gates import runner
from penstock.gates.finding import Finding, merged
from penstock.gates.registry import Check
from penstock.hydrate import lock
from penstock.hydrate.fast import fast_findings
from penstock.hydrate.lock import Lock
from penstock.hydrate.selection import Selection
from penstock.platform import environments
from penstock.platform.layout import ENGINE, Layout, find_platform
from penstock.platform.rendered import Rendered, rendered
from penstock.verbs.hydrate import hydrate
from penstock.verbs.hydrate_check import hydrate_check

PLATFORMS = Path(__file__).parent / "platforms"
# The platform of this checkout, and its environments.
SHIPPED = Layout(ENGINE)
ENVIRONMENTS = environments.names(SHIPPED)
# As the user has it, before the tests put HOME and the caches aside: building the pinned programs needs it.
REAL_ENVIRONMENT = dict(os.environ)


@cache
def shipped(environment: str) -> Rendered:
    """The manifests of an environment of this checkout."""
    return rendered(SHIPPED, environment)


@cache
def nox_sessions() -> frozenset[str]:
    """The sessions of noxfile.py."""
    argv = [sys.executable, "-m", "nox", "-f", str(ENGINE / "noxfile.py"), "--list"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True)
    return frozenset(re.findall(r"^[*-] ([\w-]+) ->", listed.stdout, re.MULTILINE))


def found(check: Check) -> list[Finding]:
    """What a gate's function finds on the platform that we stand in."""
    return merged([each for each in check(find_platform()) if isinstance(each, Finding)])


def prove(check: Check) -> None:
    """Run a gate's function on the platform that we stand in; Findings with a line for each finding."""
    runner.prove(check, find_platform())


@dataclass(frozen=True)
class Platform:
    """A tiny platform in a folder of its own, with one environment: local."""

    root: Path

    @property
    def layout(self) -> Layout:
        """Its folders."""
        return Layout(self.root)

    @property
    def tree(self) -> Path:
        """The manifests of its environment."""
        return self.root / "manifests" / "local"

    @property
    def lock(self) -> Lock:
        """The lock of its environment."""
        return lock.read(self.tree, "manifests/local")

    def write(self, path: str, text: str) -> Path:
        """Write a file, with the folders above it."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def replace(self, path: str, old: str, new: str) -> None:
        """Put a text in the place of another one, which must be there; only the first time that it stands there."""
        file = self.root / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new, 1))

    def edit(self, path: str, old: str, new: str) -> None:
        """Put a text in the place of another one, or write a new file where there is none to replace."""
        if old:
            self.replace(path, old, new)
        else:
            self.write(path, new)

    def add(self, lesson: str) -> None:
        """Lay a lesson's files over the platform."""
        expected = shutil.ignore_patterns("message.txt")
        shutil.copytree(PLATFORMS / lesson, self.root, dirs_exist_ok=True, ignore=expected)

    def release(self, component: str, more: str = "", values: str = "text: hello\n", chart: str = "note") -> None:
        """Write a component with one release of a chart; `more` are keys of the release, indented by four."""
        self.write(
            f"components/{component}/helmfile.yaml.gotmpl",
            "bases:\n  - ../../environments/helmfile.yaml.gotmpl\n\nreleases:\n"
            f"  - name: {component}\n    namespace: town\n    chart: ../../charts/{chart}\n"
            f"    values:\n      - values.yaml\n{more}",
        )
        self.write(f"components/{component}/values.yaml", values)

    def hydrate(self, *components: str) -> None:
        """Hydrate in this process; raises what the verb raises."""
        with contextlib.chdir(self.root):
            hydrate(Selection(), list(components), as_json=False)

    def check(self, fast: bool = False) -> None:
        """Check in this process; raises what the verb raises."""
        with contextlib.chdir(self.root):
            hydrate_check(Selection(), fast, as_json=False)

    def findings(self) -> list[str]:
        """What the fast check finds."""
        return [line.text for line in fast_findings(self.layout, "local")]

    def run(
        self, *argv: str, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the real command in a process of its own."""
        with self.start(*argv, env=env, cwd=cwd) as started:
            out, err = started.communicate()
        return subprocess.CompletedProcess(argv, started.returncode, out, err)

    def succeed(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run the real command, which must end well."""
        done = self.run(*argv)
        assert done.returncode == 0, done.stderr
        return done

    def unread(self, *argv: str) -> None:
        """Run the real command as if piped into a `head` that has ended already."""
        with self.start(*argv, env={"PYTHONUNBUFFERED": "1"}) as started:
            assert started.stdout
            assert started.stderr
            started.stdout.close()
            started.stderr.read()

    def start(self, *argv: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start the real command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "penstock", *argv],
            cwd=cwd or self.root,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background ignores Ctrl-C, and so would the command.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def git(self, *words: str) -> str:
        """Run git in the platform; gives what it prints."""
        argv = ["git", "-C", str(self.root), *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", message)

    def files(self, folder: str = "manifests") -> dict[str, bytes]:
        """Every file below a folder, by its path in the platform, whole."""
        found = (path for path in sorted((self.root / folder).rglob("*")) if path.is_file() or path.is_symlink())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}

    def text(self, path: str) -> str:
        """A file of the environment's manifests."""
        return (self.tree / path).read_text()


def copy_platform(lesson: str, root: Path) -> Platform:
    """The good platform with a lesson laid over it, in a Git repository without a commit; not hydrated."""
    shutil.copytree(PLATFORMS / "good", root)
    shutil.copytree(ENGINE / "charts" / "workload", root / "charts" / "workload")
    made = Platform(root.resolve())
    if lesson:
        made.add(lesson)
    made.git("init", "--quiet", "--initial-branch=main")
    return made

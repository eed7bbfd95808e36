"""Adapter for git that reads the user's repository; tools/repository manages Penstock's own repositories.

Nothing here writes to the user's `.git`: no optional locks, daemons, maintenance or filters. Objects missing in a
partial clone are fetched to a separate folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, Result, run

# The only allowed subcommands; with the arguments used here, each only reads.
_READING = (
    *(
        "cat-file",
        "check-ignore",
        "config",
        "diff-files",
        "diff-tree",
        "for-each-ref",
        "hash-object",
        "ls-files",
        "ls-remote",
        "ls-tree",
        "merge-base",
        "remote",
        "rev-list",
        "rev-parse",
    ),
    *("status", "symbolic-ref", "version"),
)
# An empty core.fsmonitor disables it in every version of git; the rest prevents maintenance after a fetch.
_OPTIONS = ["--no-optional-locks", "-c", "core.fsmonitor=", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]
# Messages are parsed below. A partial clone fetches missing objects only if `fetching` allows it (git 2.44 and newer).
_ENVIRONMENT = {"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"}
_FILTER = re.compile(r"filter\..*\.(clean|smudge|process)")
_PARTIAL = re.compile(r"remote\..*\.promisor|extensions\.partialclone")
_DUBIOUS = re.compile(r"detected dubious ownership in repository at '(.+)'|unsafe repository \('(.+)' is owned")


def program() -> str:
    """Return the git on PATH; raises PenstockError if there is none."""
    found = shutil.which("git")
    if not found:
        raise PenstockError("git is not on PATH", "install git (2.30 or newer): Flux syncs from a Git source")
    return found


def git(
    folder: Path,
    *argv: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    ok: tuple[int, ...] = (0,),
    timeout: float = 600,
) -> Result:
    """Read from the repository around a folder; raises PenstockError if git is missing or can't work there.

    Raises ValueError for a subcommand that could write.
    """
    if argv[0] not in _READING:
        raise ValueError(f"git {argv[0]} could write to the user's repository")
    command = Command(
        [program(), "-C", folder, *_OPTIONS, *argv],
        env={**_ENVIRONMENT, **(env or {})},
        stdin=stdin,
        ok=(*ok, 128),
        timeout=timeout,
    )
    result = run(command)
    if result.code == 128:
        _refuse_place(folder, result.complaint)
        if 128 not in ok:
            raise CommandFailed(result)
    return result


def head(folder: Path) -> str:
    """Return the current commit; raises PenstockError if there is none, or no repository with a working tree."""
    result = git(folder, "rev-parse", "--is-inside-work-tree", "HEAD^{commit}", ok=(0, 128))
    inside, _, found = result.text.partition("\n")
    if inside == "false":
        raise PenstockError(
            f"{folder}: its Git repository is bare: it has no working tree",
            "clone it, or `git worktree add FOLDER`; `git config core.bare false` where it has one",
        )
    if result.code == 0:
        return found.strip()
    if not inside:
        raise CommandFailed(result)
    unborn = git(folder, "rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128)).code
    if unborn:
        raise PenstockError("HEAD has no commit yet", "commit once: git add . && git commit -m 'Start'")
    raise PenstockError(
        f"{folder}: its Git repository lacks the commit of HEAD",
        "`git fsck` names what is missing: fetch it, or clone again",
    )


def is_shallow(folder: Path) -> bool:
    """Whether the clone lacks older commits."""
    return git(folder, "rev-parse", "--is-shallow-repository").text.strip() == "true"


def entry(folder: Path, revision: str, path: str) -> str:
    """Return mode, type and id of a path in a commit, as `git ls-tree` does; empty if it isn't in it."""
    return git(folder, "ls-tree", revision, "--", path).text.partition("\t")[0]


def folders(folder: Path, revision: str, path: str) -> list[str]:
    """Return the folders directly below a path in a commit."""
    listed = git(folder, "ls-tree", "-d", "--name-only", "-z", revision, "--", f"{path}/").stdout.split(b"\0")
    return [os.fsdecode(line) for line in listed if line]


def settings(folder: Path) -> dict[str, str]:
    """Return git's configuration in a folder, by key: section and name are in lower case."""
    listed = git(folder, "config", "--list", "-z").stdout.split(b"\0")
    entries = (os.fsdecode(entry).partition("\n") for entry in listed if entry)
    return {key: value if sep else "true" for key, sep, value in entries}


def changed(folder: Path, path: str = ".") -> dict[str, str]:
    """Return the differences from HEAD below a path, with untracked files: path from the top -> `git status` letters.

    The user's git decides which files are ignored or unchanged, but none of the user's filters is run.
    """
    env = _without_filters(settings(folder))
    options = ["--porcelain", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all"]
    listed = git(folder, "status", *options, "--", path, env=env).stdout.split(b"\0")
    found: dict[str, str] = {}
    for line in map(os.fsdecode, filter(None, listed)):
        # A file staged as deleted that still exists has two lines; the second reports that it exists.
        found[line[3:]] = line[:2]
    return found


def files(folder: Path, revision: str, *paths: str) -> dict[str, bytes]:
    """Return the files at and below some paths in a commit, by path from `folder`, without links and submodules."""
    return files_of(folder, [revision], *paths)[0]


def files_of(folder: Path, revisions: Iterable[str], *paths: str) -> list[dict[str, bytes]]:
    """Return the same for some commits. Equal files are read once, and are the same bytes."""
    with fetching(folder) as env:
        trees = []
        for revision in revisions:
            listed = git(folder, "ls-tree", "-r", "-z", revision, "--", *paths, env=env).stdout.split(b"\0")
            entries = [line.partition(b"\t") for line in listed if line.startswith(b"100")]
            trees.append({os.fsdecode(name): about.split()[2] for about, _, name in entries})
            for path in paths if entries else ():
                complete(folder, revision, path, env)
        distinct = list(dict.fromkeys(blob for tree in trees for blob in tree.values()))
        contents = dict(zip(distinct, blobs(folder, distinct, env), strict=True))
    return [{path: contents[blob] for path, blob in tree.items()} for tree in trees]


def prefix(folder: Path) -> str:
    """Return the path of a folder from the top of its working tree, with a slash at the end; empty for the top."""
    return os.fsdecode(git(folder, "rev-parse", "--show-prefix").stdout.removesuffix(b"\n"))


def blobs(folder: Path, names: Iterable[bytes], env: Mapping[str, str] | None = None) -> list[bytes]:
    """Return the contents of blobs, by id."""
    stdin = b"".join(name + b"\n" for name in names)
    return list(_blobs(git(folder, "cat-file", "--batch", stdin=stdin, env=env).stdout)) if stdin else []


def _without_filters(found: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that disables all configured filters (gitattributes(5): an empty filter does nothing)."""
    commands = dict.fromkeys(filter(_FILTER.fullmatch, found), "")
    off = commands | {f"{key.rpartition('.')[0]}.required": "false" for key in commands}
    env = {"GIT_CONFIG_COUNT": str(len(off))}
    for number, (key, value) in enumerate(off.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


@contextmanager
def fetching(folder: Path) -> Iterator[dict[str, str]]:
    """Yield an environment that fetches objects missing in a partial clone, and deletes them at the end."""
    with tempfile.TemporaryDirectory(prefix="penstock-objects-") as scratch:
        yield fetching_into(folder, Path(scratch))


def fetching_into(folder: Path, store: Path) -> dict[str, str]:
    """Return such an environment that keeps fetched objects in `store`; empty if the clone is complete."""
    if not any(_PARTIAL.fullmatch(key) for key in settings(folder)):
        return {}
    borrowed = quoted(object_store(folder))
    return {
        "GIT_OBJECT_DIRECTORY": str(store),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": borrowed,
        "GIT_NO_LAZY_FETCH": "0",
    }


def complete(folder: Path, revision: str, path: str, env: Mapping[str, str]) -> None:
    """Fetch all objects of a commit that a partial clone lacks in one request; `env` is from `fetching`.

    Raises PenstockError if the remote doesn't provide them.
    """
    if not env:
        return
    nothing = git(folder, "hash-object", "-t", "tree", os.devnull).text.strip()
    # A diff fetches everything in one request; cat-file sends one request per object.
    options = ["-r", "--numstat", "--no-ext-diff", "--no-textconv", "--no-renames"]
    try:
        git(folder, "diff-tree", *options, nothing, revision, "--", path, env=env)
    except CommandFailed as failure:
        raise PenstockError(
            f"this is a partial clone without all files of {revision[:12]}, and its remote doesn't give them: "
            f"{failure.message}",
            f"once the remote answers: git diff --stat {revision[:12]} -- {path}",
        ) from None


def object_store(folder: Path) -> Path:
    """Return the repository's object store, which all of its worktrees share."""
    found = git(folder, "rev-parse", "--git-path", "objects").stdout.removesuffix(b"\n")
    return Path(os.path.normpath(folder / os.fsdecode(found)))


def quoted(store: Path) -> str:
    """Return a path quoted for a list of alternates, in which a colon or a line break is a separator."""
    text = str(store)
    if not re.search(r'[:\n"]', text):
        return text
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _refuse_place(folder: Path, complaint: str) -> None:
    """Raise PenstockError with the fix if git found no usable repository."""
    if "not a git repository (or any" in complaint:
        ignored = "; $GIT_DIR is not followed" if "GIT_DIR" in os.environ else ""
        raise PenstockError(f"{folder} is not a Git repository", f"run `git init`, then commit the platform{ignored}")
    if gone := re.search(r"not a git repository: (.+)", complaint):
        raise PenstockError(
            f"{folder}: its .git points to {gone[1]}, which is gone",
            "of a worktree: `git worktree repair FOLDER` in the main checkout; of a submodule: clone again",
        )
    if dubious := _DUBIOUS.search(complaint):
        place = dubious[1] or dubious[2]
        raise PenstockError(
            f"git refuses {place}: it belongs to another user",
            f"git config --global --add safe.directory {shlex.quote(place)}",
        )


def _blobs(stream: bytes) -> Iterator[bytes]:
    """Yield the contents in the output of `cat-file --batch`: a line `<id> blob <size>`, the bytes, a line break."""
    start = 0
    while start < len(stream):
        end = stream.index(b"\n", start)
        size = int(stream[start:end].split()[2])
        yield stream[end + 1 : end + 1 + size]
        start = end + 1 + size + 1

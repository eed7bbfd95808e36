"""Read Git's index of a platform, which the next commit will contain."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import plain_folder, walk
from penstock.platform.layout import Layout
from penstock.tools.git import blobs, git

_CONVERTED = {"i/lf w/crlf", "i/lf w/mixed", "i/mixed w/crlf"}

# How to clear a flag on a file: assume-unchanged, or skip-worktree.
_FLAGS = ("git update-index --no-assume-unchanged", "git update-index --no-skip-worktree")
_LINK, _SUBMODULE = "120000", "160000"
_SHA1 = 40
# The blob of an empty file, as SHA-1 and as SHA-256; `git add -N` records it for every file.
_EMPTY = {hashlib.sha1(b"blob 0\0").hexdigest(), hashlib.sha256(b"blob 0\0").hexdigest()}  # noqa: S324, as Git does


@dataclass(frozen=True)
class Index:
    """The files of a platform that Git tracks, by absolute path.

    `sparse` has those that a sparse checkout leaves out. `crlf` collects the files that were read and have CRLF line
    ends. `environment` selects the index for git. `differing` maps files whose staged content differs from the working
    tree to the command that fixes it. `blobs` has the staged mode and blob id of each file.
    """

    layout: Layout
    tracked: frozenset[str]
    untracked: frozenset[str]
    sparse: frozenset[str]
    environment: dict[str, str] = field(default_factory=dict)
    crlf: set[str] = field(default_factory=set)
    differing: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, tuple[str, str]] = field(default_factory=dict)

    def holds(self, path: Path | str) -> bool:
        """Whether a commit contains this file, or a file below this folder."""
        return str(path) in self.tracked or str(path) in self._folders

    @cached_property
    def _folders(self) -> frozenset[str]:
        folders: set[str] = set()
        for path in self.tracked:
            folder = path.rpartition("/")[0]
            while folder not in folders and len(folder) >= len(str(self.layout.root)):
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(folders)

    def unfinished(self) -> list[str]:
        """Return the components without tracked files that have untracked ones."""
        start = f"{self.layout.components}/"
        found = {path.removeprefix(start).partition("/")[0] for path in self.untracked if path.startswith(start)}
        return sorted(
            name
            for name in found
            if not self.holds(folder := Path(start + name)) and folder.is_dir() and any(walk(folder))
        )

    def left_out(self, folder: Path) -> list[str]:
        """Return the files below a folder that a sparse checkout leaves out, by path in the platform."""
        return sorted(self._shown(path) for path in self.sparse if path.startswith(f"{folder}/"))

    def text(self, path: Path) -> bytes:
        """Return the staged content of a file."""
        name = f":./{self.layout.relative(path)}"
        return git(self.layout.root, "cat-file", "blob", name, env=self.environment).stdout

    def converted(self) -> list[str]:
        """Return the files read with CRLF line ends that Git stores with LF, by path in the platform.

        Files with line ends set by an attribute are the same in every checkout, and not included.
        """
        paths = [self._shown(path) for path in sorted(self.crlf & self.tracked)]
        if not paths:
            return []
        listed = _listed(self.layout, self.environment, "--eol", "--", *map(_literal, paths)) or b""
        entries = [entry.partition("\t") for entry in os.fsdecode(listed).split("\0") if entry]
        return sorted(
            path for about, _, path in entries if " ".join(about.split()[:2]) in _CONVERTED and "eol=" not in about
        )

    def highest(self, path: str) -> str:
        """Return the highest folder above a file without tracked files, or the file, by path in the platform."""
        highest = path
        while not self.holds(folder := highest.rpartition("/")[0]) and folder != str(self.layout.root):
            highest = folder
        return self._shown(highest)

    def ignored(self, paths: list[str]) -> set[str]:
        """Return those of these paths in the platform that Git ignores."""
        if not paths:
            return set()
        options = ["--others", "--ignored", "--exclude-standard", "--directory"]
        listed = _listed(self.layout, self.environment, *options, "--", *map(_literal, paths)) or b""
        return {path.rstrip("/") for path in os.fsdecode(listed).split("\0")} & set(paths)

    def _shown(self, path: str) -> str:
        return path.removeprefix(f"{self.layout.root}/")


def uncommitted(index: Index, paths: Iterable[Path | str]) -> list[str]:
    """Return a line for each untracked file among these; one line per folder if it has no tracked files."""
    absent = sorted({index.highest(str(path)) for path in paths if str(path) not in index.tracked})
    ignored = index.ignored(absent)
    return [
        f"{path} is not in the commit: Git ignores it; git add --force {shlex.quote(path)}"
        if path in ignored
        else f"{path} is not in the commit: git add {shlex.quote(path)}"
        for path in absent
    ]


def read(layout: Layout) -> Index | None:
    """Return the platform's index; None without Git, or if it doesn't track the platform.

    If git can't read it, this raises PenstockError in a hook, and warns elsewhere.
    """
    if not any((folder / ".git").exists() for folder in (layout.root, *layout.root.parents)):
        return None
    if not shutil.which("git"):
        return None
    try:
        return _read(layout)
    except PenstockError as error:
        if os.environ.get("GIT_INDEX_FILE"):
            raise
        console.warn(f"the working tree is judged, not the commit: {error.message}; {error.hint}")
        return None


def _read(layout: Layout) -> Index | None:
    folders = (layout.components, layout.charts, layout.environments, layout.manifests)
    paths = [path.name for path in (*folders, layout.helmfile, layout.root / "charts.lock")]
    environment = _environment(layout)
    arguments = ["ls-files", "-z", "-v", "--stage", "--cached", "--others", "--", *paths]
    listed = os.fsdecode(git(layout.root, *arguments, env=environment).stdout).split("\0")
    untracked = {f"{layout.root}/{entry[2:]}" for entry in listed if entry.startswith("? ")}
    tags: dict[str, str] = {}
    blobs: dict[str, tuple[str, str]] = {}
    for about, _, name in (entry.partition("\t") for entry in listed if entry and not entry.startswith("? ")):
        tag, mode, blob, _ = about.split()
        tags[path := f"{layout.root}/{name}"] = tag
        blobs[path] = (mode, blob)
    if str(layout.helmfile) not in tags:
        return None
    sparse = frozenset(path for path, tag in tags.items() if tag in "Ss" and not os.path.lexists(path))
    differing = {
        path: f"{_FLAGS[tag in 'Ss']} {shlex.quote(name)} && git add {shlex.quote(name)}"
        for path, tag in tags.items()
        if (tag in "Ss" or tag.islower()) and path not in sparse and not _is_blob(path, blobs[path][1])
        for name in [path.removeprefix(f"{layout.root}/")]
    }
    # Outside a hook, unstaged edits are fine.
    if environment or any(blob in _EMPTY for _, blob in blobs.values()):
        for path, status in _unstaged(layout, environment, paths):
            if status == "A":  # `git add -N`: only the name is recorded
                tags.pop(path, None)
                untracked.add(path)
            elif environment and not (status == "M" and _is_blob(path, blobs[path][1])):
                differing[path] = f"git add {shlex.quote(path.removeprefix(f'{layout.root}/'))}"
    return Index(
        layout,
        frozenset(tags),
        frozenset(untracked),
        # changed files stay on disk and aren't included
        sparse,
        environment,
        differing=differing,
        blobs=blobs,
    )


@contextmanager
def as_committed(index: Index) -> Iterator[Layout]:
    """Yield the platform as it would be committed, in a temporary folder."""
    root = index.layout.root
    with plain_folder("penstock-commit-") as folder:
        absent = [path for path in sorted(index.tracked) if path in index.differing or not os.path.lexists(path)]
        names = [index.blobs[path][1].encode() for path in absent]
        contents = dict(zip(absent, blobs(root, names, index.environment), strict=True))
        for path in index.tracked:
            place = folder / path.removeprefix(f"{root}/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if index.blobs[path][0] == _LINK:
                place.symlink_to(os.fsdecode(contents[path]) if path in contents else Path(path).readlink())
            elif index.blobs[path][0] != _SUBMODULE:
                place.write_bytes(contents[path] if path in contents else Path(path).read_bytes())
        yield Layout(folder)


def differing(index: Index) -> list[str]:
    """Return a line for each file whose staged content differs from the working tree."""
    root = index.layout.root
    return [
        f"{path.removeprefix(f'{root}/')} has unstaged changes: {fix}" for path, fix in sorted(index.differing.items())
    ]


def _unstaged(layout: Layout, environment: dict[str, str], paths: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the files that differ from the index, and their status letters."""
    arguments = ["diff-files", "-z", "--relative", "--ignore-submodules=all", "--", *paths]
    listed = os.fsdecode(git(layout.root, *arguments, env=environment).stdout).split("\0")
    for about, name in zip(listed[::2], listed[1::2], strict=False):
        yield f"{layout.root}/{name}", about[-1]


def _is_blob(path: str, blob: str) -> bool:
    """Whether a file equals a blob, ignoring line ends."""
    place = Path(path)
    if not os.path.lexists(path) or (place.is_dir() and not place.is_symlink()):
        return False
    data = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
    digest = hashlib.sha1 if len(blob) == _SHA1 else hashlib.sha256
    return any(
        digest(b"blob %d\0" % len(text) + text).hexdigest() == blob for text in (data, data.replace(b"\r\n", b"\n"))
    )


def refuse_sparse_sources(index: Index) -> None:
    """Raise PenstockError if a sparse checkout leaves out sources, since the manifests can't be checked then."""
    layout = index.layout
    found = [
        path for folder in (layout.components, layout.charts, layout.environments) for path in index.left_out(folder)
    ]
    if found:
        more = f" and {len(found) - 1} more files" if len(found) > 1 else ""
        raise PenstockError(
            f"this is a sparse checkout, without {found[0]}{more}, which the manifests are made of",
            f"git sparse-checkout add {' '.join(folder.name for folder in (layout.components, layout.charts))}",
        )


def present(index: Index, layout: Layout, names: list[str], asked: bool) -> list[str]:
    """Return the environments whose manifests are checked out; raises PenstockError for an `asked` one that isn't."""
    absent = [name for name in names if index.left_out(layout.tree(name))]
    for name in absent:
        shown = layout.relative(layout.tree(name))
        if asked:
            raise PenstockError(f"this is a sparse checkout, without {shown}", f"git sparse-checkout add {shown}")
        console.warn(f"{name} is left out: this is a sparse checkout, without {shown}")
    return [name for name in names if name not in absent]


def _environment(layout: Layout) -> dict[str, str]:
    """Return the environment that selects the index of the current hook: `git commit FILE` uses a temporary one.

    Only an index in this repository's Git folder counts: git passes it to hooks of other repositories too.
    """
    named = os.environ.get("GIT_INDEX_FILE")
    if not named:
        return {}
    # Git starts a hook at the top of the working tree, and the path is relative to it.
    top, own = (
        Path(line)
        for line in git(layout.root, "rev-parse", "--show-toplevel", "--absolute-git-dir").text.split("\n")[:2]
    )
    path = (top / named).resolve()
    return {"GIT_INDEX_FILE": str(path)} if path.parent == own.resolve() and path.is_file() else {}


def _listed(layout: Layout, environment: dict[str, str], *argv: str) -> bytes | None:
    """Return the output of `git ls-files`; None without git, or if the folder isn't in a repository."""
    try:
        result = git(layout.root, "ls-files", "-z", *argv, env=environment, ok=(0, 128))
    except PenstockError:
        return None
    return result.stdout if result.code == 0 else None


def _literal(path: str) -> str:
    """Return a pathspec that git doesn't read as a pattern."""
    return f":(literal){path}"

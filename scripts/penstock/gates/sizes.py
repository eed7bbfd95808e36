"""The gate: no file in Git's index is large, since every clone keeps a committed file forever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.core import console
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.platform.layout import Layout
from penstock.tools.git import fetching, git

# Several times the largest file here, a go.sum, but far below a program, an archive or a picture.
LIMIT = 512 * 1024
_SUBMODULE = "160000"


_LARGE = Rule(
    "sizes/large-file",
    f"A file of the next commit that is larger than {console.size(LIMIT)}.",
    "A committed file stays in every clone forever.",
    "Take it out of the commit: git rm --cached FILE.",
)


@gate("sizes", rules=[_LARGE])
def sizes(platform: Layout) -> Iterator[Finding | Proven]:
    """No file of the next commit is large."""
    files = _files(platform.root)
    for path, size in files.items():
        if size > LIMIT:
            hint = f"the limit is {console.size(LIMIT)}; take it out of the commit: git rm --cached FILE"
            yield Finding(_LARGE.id, f"large: {console.size(size)}", hint, path)
    yield Proven(f"{len(files)} files, the largest has {console.size(max(files.values(), default=0))}")


def _files(root: Path) -> dict[str, int]:
    """Path -> size in bytes of every file in the index; the working tree may differ."""
    # Rows are `MODE OBJECT STAGE<tab>PATH`, with the path relative to `root`. A submodule isn't a file.
    listed = (row.split("\t", 1) for row in git(root, "ls-files", "--stage", "-z").text.split("\0") if row)
    objects = {path: entry.split(" ")[1] for entry, path in listed if not entry.startswith(_SUBMODULE)}
    with fetching(root) as env:
        stdin = "\n".join(objects.values()).encode()
        answer = git(root, "cat-file", "--batch-check=%(objectsize)", stdin=stdin, env=env)
    return dict(zip(objects, map(int, answer.text.split()), strict=True))

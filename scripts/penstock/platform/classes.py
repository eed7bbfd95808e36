"""Classes of environments: those whose manifests are equal but for the values that belong to each of them.

Such a value is a cluster's name, a host name, a bucket, a region: `x-own` and `x-varies` mark them in
environments/schema.json. Hashes of what contains them are masked, too: the annotations `checksum/…`, and the suffixes
of names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec

from penstock.core.files import walk
from penstock.core.leftovers import is_leftover
from penstock.platform import environments, values
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.platform.values import Path

_INDEX = "kustomization.yaml"
_CHECKSUM = re.compile(rb"^( *checksum/[\w.-]+: ).*$", re.MULTILINE)
# A name that ends in a hash of its object's content: Helm's `sha256sum | trunc 10`, and kustomize's suffixes, whose
# letters are those of kustomize/api/hasher/hasher.go.
_HASHED = re.compile(r"(?:configmap|job|secret)-(.+)-(?:[0-9a-f]{10}|[2456789bcdfghkmt]{10})\.yaml")
# Shorter values appear by chance.
_SHORTEST = 4


def classes(layouts: Sequence[Layout], names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the classes of these environments: sorted names, the classes by their first one.

    In each of the layouts, such as the two ends of a change, the environments of a class are alike. The last layout
    declares which values are their own, and with its `every` each environment is a class of its own. Raises
    PenstockError if an environment can't be read.
    """
    if layouts[-1].every:
        return [(name,) for name in sorted(names)]
    own = [*values.own_paths(layouts[-1]), *values.marked_paths(layouts[-1], values.VARIES)]
    found: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(names):
        found.setdefault(tuple(_digest(layout, name, own) for layout in layouts), []).append(name)
    return [tuple(each) for each in found.values()]


def told(alike: Sequence[str]) -> str:
    """Return what a rehearsal of the first environment says about the others of its class; empty without others."""
    verb = "differs" if len(alike) == 2 else "differ"
    return f"{', '.join(alike[1:])} {verb} from it only in own values" if alike[1:] else ""


def _digest(layout: Layout, name: str, own: Sequence[Path]) -> str:
    """The digest of an environment's manifests and of its cluster's settings, all masked."""
    tree = layout.tree(name)
    hidden = f"{tree}{os.sep}."  # of the tree's own repository
    found = walk(tree) if tree.is_dir() else ()
    files = [path for path in found if _counts(path.name) and not str(path).startswith(hidden)]
    hashed = {_HASHED.fullmatch(path.name): path for path in files}
    masks = {f"manifests/{name}": "manifests", **_own(layout, name, own)}
    masks |= {path.stem.partition("-")[2]: f"{match[1]}-#" for match, path in hashed.items() if match}
    texts = [f"{path.parent.name}\n".encode() + _masked(path.read_bytes(), masks) for path in files]
    cluster = msgspec.structs.replace(environments.cluster(layout, name), name="penstock", existing=None)
    return sha256(msgspec.json.encode([sorted(sha256(text).hexdigest() for text in texts), cluster])).hexdigest()


def _counts(name: str) -> bool:
    """Whether a file has an object: the index only lists the others, the lock has their digests."""
    return name not in (_INDEX, LOCK_NAME) and not is_leftover(name)


def _own(layout: Layout, name: str, own: Sequence[Path]) -> dict[str, str]:
    """Own value -> what masks it: the key of the first setting that has it."""
    found: dict[str, str] = {}
    for setting in values.settings(layout, name):
        if any(setting.is_below(path) for path in own):
            for text in _texts(setting.value):
                found.setdefault(text, f"#{setting.key}")
    return found


def _texts(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and len(each) >= _SHORTEST:
            yield each


def _masked(text: bytes, masks: dict[str, str]) -> bytes:
    """A file with every mask in place of its value, the longest value first; a value is a whole word."""
    every = "|".join(re.escape(value) for value in sorted(masks, key=lambda value: (-len(value), value)))
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{every})(?![A-Za-z0-9])".encode())
    return _CHECKSUM.sub(rb"\1#", pattern.sub(lambda found: masks[found[0].decode()].encode(), text))

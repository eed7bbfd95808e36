"""The review of a promotion: from an environment's manifests to what they become, without a commit between them."""

from __future__ import annotations

from penstock.hydrate import lock
from penstock.hydrate.tree import Tree
from penstock.platform import environments
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.review import report, trees
from penstock.review.ends import End, Sources, changed
from penstock.review.model import Review
from penstock.review.trees import Trees
from penstock.tools import revisions


def review(layout: Layout, before: Trees, after: Trees, shown: tuple[str, str]) -> Review:
    """Return the review from some manifests to others, by environment; `shown` are the names of both ends."""
    commit = revisions.commit(layout.root, "HEAD")
    old, new = (
        End(name, commit, found, Sources(layout), is_fresh=True)
        for name, found in zip(shown, (before, after), strict=True)
    )
    return report.between(layout, old, new, [])


def on_disk(layout: Layout, names: list[str]) -> Trees:
    """Return the manifests of some environments."""
    *_, found = trees.read(layout.root, revisions.commit(layout.root, "HEAD"), changed=changed(layout.root))
    return {
        name: found.get(name, {}) if environments.place(layout, name) else trees.on_disk(layout.tree(name))
        for name in names
    }


def computed(tree: Tree, present: dict[str, bytes]) -> dict[str, bytes]:
    """Return the manifests of a computed tree; `present` are those on disk, which it may keep."""
    name = tree.environment
    kept = {path: present.get(path) if data is None else data for path, data in tree.files.items()}
    texts = {f"manifests/{name}/{path}": data for path, data in kept.items() if data is not None}
    return trees.by_environment({**texts, f"manifests/{name}/{LOCK_NAME}": lock.encode(tree.lock)})[name]

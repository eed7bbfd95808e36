"""Rehearse a change in an environment: bring up the base, go to the head, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from msgspec.structs import replace as with_fields

from penstock.cluster import phases, temporary
from penstock.cluster.session import Session
from penstock.cluster.temporary import KWOK
from penstock.cluster.upgrade import passage, predictions, probes
from penstock.cluster.upgrade.passage import PATIENCE
from penstock.core import console
from penstock.core.files import plain_folder
from penstock.core.side_by_side import side_by_side
from penstock.gitops import snapshot
from penstock.hydrate import checkouts, destinations
from penstock.kube.objects import Object
from penstock.kube.ref import Content, ObjectRef
from penstock.platform import classes, environments, lineage
from penstock.platform.environments import Wanted
from penstock.platform.layout import Layout
from penstock.review import branches, report
from penstock.review.model import Environment, Review
from penstock.review.rehearsal import Passage, Refusal, Rehearsal
from penstock.tools import git, history, revisions


def reviewed(layout: Layout, base: str = "", environment: Wanted = None) -> Review:
    """Return the review of the change that is rehearsed: from `base`, by default where the branch began, to the files.

    Raises PenstockError as `report.review` does.
    """
    return report.review(layout, base, "", environment)


def untouched(layout: Layout, each: Environment, base: str = "") -> str:
    """Return why an environment isn't rehearsed; empty if it is."""
    if not each.changes:
        return "nothing changes in its cluster"
    commit, name = revisions.base_of(layout.root, base, git.head(layout.root))
    known = [path.rpartition("/")[2] for path in git.folders(layout.root, commit, "manifests")]
    if not environments.place(layout, each.name):
        return _unpublished(layout, each.name, commit, name, each.name in known)
    if each.name not in known:
        return f"it is new since {name}: there is nothing to start from"
    return "" if layout.tree(each.name).is_dir() else f"it is removed since {name}: there is nowhere to go"


def _unpublished(layout: Layout, environment: str, commit: str, base: str, is_moved: bool) -> str:
    """Return why an environment with a branch of its own isn't rehearsed: both ends must be there."""
    if is_moved:
        return f"its manifests have moved to a branch of their own since {base}: Flux needs another source for that"
    own = layout.relative(lineage.lineage(layout, environment)[-1].path)
    if not checkouts.published(layout, environment) or not git.entry(layout.root, commit, own):
        return f"it is new since {base}, or its branch has no commit: there is nothing to start from"
    return ""


def rehearse(
    layout: Layout,
    review: Review,
    each: Environment,
    base: str = "",
    timeout: float = KWOK.timeout,
    patience: float = PATIENCE,
) -> Rehearsal:
    """Return what happens in one environment on the way from the base to the working tree and back.

    A leg takes at most `timeout` seconds, and ends earlier if what isn't Ready has failed for `patience` seconds.
    Raises PenstockError if the control plane or Flux doesn't start, or ends.
    """
    with _base(layout, base) as old:
        return _between(old, layout, review, each, timeout, patience)


def rehearsals(layout: Layout, review: Review, names: Sequence[str], base: str = "") -> Iterator[Rehearsal]:
    """Yield the rehearsal of the first environment of each class, several at a time; raises as `rehearse` does."""
    with _base(layout, base) as old:
        groups = classes.classes([old, layout], names)
        by_name = {each.name: each for each in review.environments}

        def one(group: tuple[str, ...]) -> Rehearsal:
            with console.labelled(group[0] if len(groups) > 1 else ""):
                also = f" ({classes.told(group)})" if group[1:] else ""
                console.info(f"{group[0]}: {review.base} → {review.head} → {review.base}{also}")
                found = _between(old, layout, review, by_name[group[0]], KWOK.timeout, PATIENCE)
            return with_fields(found, alike=list(group[1:]))

        if groups:
            KWOK.prepare()
        yield from side_by_side(one, groups, temporary.at_a_time())


@contextmanager
def _base(layout: Layout, base: str) -> Iterator[Layout]:
    """The platform at the base, in a temporary folder; with what the environments' own branches publish."""
    commit, _ = revisions.base_of(layout.root, base, git.head(layout.root))
    with plain_folder("penstock-base-") as folder:
        old = snapshot.checkout(layout, commit, folder)
        for name in branches.names(layout):
            if destinations.is_checked_out(layout, name) and (tip := checkouts.published(layout, name)):
                history.write(layout.tree(name), tip, (".",), old.tree(name))
        yield old


def _between(
    old: Layout, layout: Layout, review: Review, each: Environment, timeout: float, patience: float
) -> Rehearsal:
    with temporary.cluster(old, each.name, environments.cluster(old, each.name)) as session:
        phases.run(session, phases.PHASES[:2])
        start = replace(session, timeout=timeout)
        passages, disproved = _legs(start, replace(start, layout=layout), each, patience)
    return Rehearsal(environment=each.name, base=review.base, head=review.head, passages=passages, disproved=disproved)


def _legs(old: Session, new: Session, each: Environment, patience: float) -> tuple[list[Passage], list[str]]:
    up = passage.bring_up(old, patience)
    definitions = _definitions(old, new)
    accepted = probes.refused(old.kubectl, definitions)
    there = passage.move(new, "head", up, patience)
    broken = probes.refused(new.kubectl, definitions)
    first = with_fields(there.passage, refusals=[*there.passage.refusals, *_invalid(broken, accepted, new)])
    back = passage.move(old, "back", there, patience)
    # Without a base that is Ready there is no telling what the change has done.
    lines = predictions.disproved(each, up.live, there.passage) if up.passage.ready else []
    return [up.passage, first, back.passage], lines


def _definitions(old: Session, new: Session) -> list[Content]:
    """The CustomResourceDefinitions of the head that differ from those of the base."""
    before = {item.ref: item.content for item in _defined(old)}
    return [item.content for item in _defined(new) if before.get(item.ref, item.content) != item.content]


def _defined(session: Session) -> Sequence[Object]:
    return [item for item in session.manifests.all_objects() if item.kind == "CustomResourceDefinition"]


def _invalid(broken: dict[str, str], before: dict[str, str], session: Session) -> Iterator[Refusal]:
    """The objects that were valid at the base, and no longer are."""
    owners = {item.ref.id: item.component for item in session.manifests.all_objects()}
    for key, words in broken.items():
        if key not in before:
            shown = f"{ObjectRef.parse(key)} exists and is no longer valid: {words}"
            yield Refusal(component=owners.get(key, ""), message=shown, objects=[key])

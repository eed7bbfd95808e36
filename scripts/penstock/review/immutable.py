"""Find changes that the API server refuses.

No field is compared here: kube-apiserver's own code does that, in tools/apicheck/judge.go.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from penstock.gitops import crds
from penstock.kube.objects import Object
from penstock.review.trees import Item
from penstock.tools.apicheck import Change, Verdict, check

Pair = tuple[Item, Item]


def immutable(old: Item, new: Item) -> list[str]:
    """Return the paths of the fields whose change the newest known API server refuses; empty if it accepts the change.

    For a problem with the whole object, the path is replaced by its message.
    """
    [found] = verdicts([(old, new)])
    return [problem.field or problem.detail for problem in refusals(found)]


def refusals(verdict: Verdict) -> Sequence[Any]:
    """Return the problems that the change introduces; none if the old object was refused too: the gates report that."""
    return [] if verdict.old else verdict.new


def verdicts(pairs: Sequence[Pair], objects: Collection[Object] = (), version: str = "") -> list[Verdict]:
    """The API server's answer to each change; `objects` are those of the environment, whose definitions count."""
    changes = [Change(old.content, new.content) for old, new in pairs]
    found = check(changes, version=version) if changes else []
    unknown = [number for number, verdict in enumerate(found) if verdict.unknown]
    kinds = {pairs[number][1].ref[:2] for number in unknown}
    known = crds.collect(kinds, objects) if kinds else []
    if known:
        again = check([changes[number] for number in unknown], version=version, crds=[item.content for item in known])
        for number, verdict in zip(unknown, again, strict=True):
            found[number] = verdict
    return found

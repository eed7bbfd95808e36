"""Changes of where programs come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.hydrate import charts_lock
from penstock.kube.images import ImageRef
from penstock.platform.layout import LOCK_NAME
from penstock.review.risks.parts import container_pairs
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Delta, Step


def _images(step: Step) -> Iterator[tuple[Delta, str, ImageRef | None, ImageRef]]:
    """Yield the image of every container that differs, and the one of before; None if the container is new."""
    for delta, name, was, now in container_pairs(step):
        old, new = (_parsed(one.get("image")) for one in (was, now))
        if new and old != new:
            yield delta, name, old, new


def _parsed(text: object) -> ImageRef | None:
    try:
        return ImageRef.parse(str(text)) if text else None
    except PenstockError:  # the API server refuses it
        return None


@risk(
    "registry-changed",
    "supply-chain",
    "high",
    "An image comes from another registry or repository.",
    "Other people can publish there, and the pull may need other credentials.",
    "Check that the publisher is the same, and pin the digest.",
)
def registry_changed(step: Step) -> Iterator[Hit]:
    """A container whose repository differs."""
    for delta, name, old, new in _images(step):
        if old and old.repository != new.repository:
            yield Hit(delta.item, f"container {name} runs {new.repository}, was {old.repository}")


@risk(
    "tag-backwards",
    "supply-chain",
    "medium",
    "The tag of an image moves to an older version.",
    "Known faults come back, and data that the newer version wrote may not be readable.",
    "Check the release notes for downgrades; if a rollback is meant, say why in the commit.",
)
def tag_backwards(step: Step) -> Iterator[Hit]:
    """A lower version of the same repository."""
    for delta, name, old, new in _images(step):
        if old and old.repository == new.repository:
            was, now = _version(old.tag), _version(new.tag)
            if was and now and now < was:
                yield Hit(delta.item, f"container {name} moves back from {old.tag} to {new.tag}")


def _version(tag: str) -> tuple[int, ...]:
    """The numbers of a version with at least two of them, as three; empty for another tag."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])", tag)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


@risk(
    "digest-dropped",
    "supply-chain",
    "medium",
    "An image is no longer pinned by its digest.",
    "The tag can be moved to other bytes after the review.",
    "Pin it: REPOSITORY:TAG@sha256:….",
)
def digest_dropped(step: Step) -> Iterator[Hit]:
    """A container that had a digest and has none."""
    for delta, name, old, new in _images(step):
        if old and old.digest and not new.digest:
            yield Hit(delta.item, f"container {name} runs {new} without the digest that it had")


@risk(
    "tag-moved",
    "supply-chain",
    "high",
    "An image has the same tag and another digest.",
    "The publisher replaced the bytes of a released version, or someone else did.",
    "Ask the publisher, and compare the signatures of both digests.",
)
def tag_moved(step: Step) -> Iterator[Hit]:
    """The same repository and tag with other bytes."""
    for delta, name, old, new in _images(step):
        same = old and (old.repository, old.tag) == (new.repository, new.tag)
        if old and same and new.tag and old.digest and new.digest and old.digest != new.digest:
            yield Hit(delta.item, f"container {name}: {new.repository}:{new.tag} is now {new.digest[:19]}…")


@risk(
    "image-latest",
    "supply-chain",
    "medium",
    "A container runs the tag latest, or an image without a tag.",
    "Each node may run other bytes, and a rollback is not possible.",
    "Use the tag of a version, and its digest.",
)
def image_latest(step: Step) -> Iterator[Hit]:
    """An image whose version nothing fixes, which the container did not run before."""
    for delta, name, _, new in _images(step):
        if not new.digest and new.tag in ("", "latest"):
            yield Hit(delta.item, f"container {name} runs {new.repository}:latest")


@risk(
    "pull-policy",
    "supply-chain",
    "low",
    "A container never pulls its image.",
    "It runs whatever bytes of that name the node has.",
    "Use IfNotPresent with a digest.",
)
def pull_policy(step: Step) -> Iterator[Hit]:
    """imagePullPolicy Never, which a container did not have."""
    for delta, name, was, now in container_pairs(step):
        if now.get("imagePullPolicy") == "Never" != was.get("imagePullPolicy"):
            yield Hit(delta.item, f"container {name} never pulls its image")


@risk(
    "chart-replaced",
    "supply-chain",
    "high",
    "charts.lock has another digest for the same version of an upstream chart.",
    "The publisher replaced the bytes of a released chart, or someone else did.",
    "Compare both archives, and ask the publisher.",
)
def chart_replaced(step: Step) -> Iterator[Hit]:
    """A chart of this environment with the same version and other bytes."""
    old, new = (charts_lock.read(each.layout) for each in step.sources)
    used = step.after.files.get(LOCK_NAME, b"")
    for chart in sorted(old.keys() & new.keys()):
        if old[chart] != new[chart] and chart.encode() in used:
            yield Hit(None, f"the chart {chart} has the digest {new[chart][:12]}, was {old[chart][:12]}")

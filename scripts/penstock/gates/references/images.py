"""Images: each is known by its digest, except those that external.yaml allows to be known by their tag."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.images import ImageRef


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each container; none if external.yaml has no `imagesByTag`."""
    if world.images_by_tag is None:
        return
    for workload in world.rendered.workloads:
        for place, container in workload.containers():
            repository = _without_digest(container.image)
            is_allowed = not repository or repository in world.images_by_tag
            fault = f"`{container.image}` has no digest: its registry decides what the tag means"
            yield Verdict(workload.file, f"{place}.image", "" if is_allowed else fault)


def used(worlds: list[World]) -> set[str]:
    """The repositories of the images without a digest."""
    every = {item.image for one in worlds for workload in one.rendered.workloads for _, item in workload.containers()}
    return {repository for image in every if (repository := _without_digest(image))}


def _without_digest(image: str) -> str:
    """The repository of an image that lacks a digest; empty if it has one."""
    try:
        ref = ImageRef.parse(image)
    except PenstockError:
        return ""  # no reference at all: the check of pods reports it
    return "" if ref.digest else ref.repository

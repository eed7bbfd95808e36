"""Images: each is known by its digest, except those that external.yaml allows to be known by their tag."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.images import ImageRef


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each container and each image of nodes; none if external.yaml has no `imagesByTag`."""
    if world.images_by_tag is None:
        return
    for file, path, image in _images(world):
        repository = _without_digest(image)
        is_allowed = not repository or repository in world.images_by_tag
        fault = f"`{image}` has no digest: its registry decides what the tag means"
        yield Verdict(file, path, "" if is_allowed else fault)


def used(worlds: list[World]) -> set[str]:
    """The repositories of the images without a digest."""
    every = {image for one in worlds for _, _, image in _images(one)}
    return {repository for image in every if (repository := _without_digest(image))}


def _images(world: World) -> Iterator[tuple[str, str, str]]:
    """The file, the path in it and the image of each container and of the nodes of each provider."""
    for workload in world.rendered.workloads:
        for place, container in workload.containers():
            yield workload.file, f"{place}.image", container.image
    for provider, settings in world.cluster.in_docker.items():
        yield f"environments/{world.rendered.environment}.yaml", f"cluster.{provider}.image", settings.image


def _without_digest(image: str) -> str:
    """The repository of an image that lacks a digest; empty if it has one."""
    try:
        ref = ImageRef.parse(image)
    except PenstockError:
        return ""  # no reference at all: the check of pods reports it
    return "" if ref.digest else ref.repository

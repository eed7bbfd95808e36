"""The images of an environment, and what uses each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from penstock.kube.images import ImageRef
from penstock.kube.objects import Object, Workload
from penstock.platform import environments
from penstock.platform.layout import Layout
from penstock.platform.rendered import rendered

Use = tuple[str, str]
"""A reference of an image, and what uses it."""


@dataclass(frozen=True)
class Image:
    """An image and its users: workloads as `Kind namespace/name`, or the nodes of a provider."""

    ref: ImageRef
    users: tuple[str, ...]


def images(layout: Layout, environment: str, further: Iterable[Use] = ()) -> list[Image]:
    """Return the images in the manifests and the settings of an environment, and `further` ones, sorted."""
    of_nodes = environments.cluster(layout, environment).in_docker.items()
    uses = [
        *used(rendered(layout, environment, {}).objects),
        *((settings.image, f"the nodes of {provider}") for provider, settings in of_nodes),
        *further,
    ]
    users: dict[ImageRef, dict[str, None]] = {}
    for image, user in uses:
        users.setdefault(ImageRef.parse(image), {})[user] = None
    return [Image(ref, tuple(users[ref])) for ref in sorted(users)]


def used(objects: Iterable[Object]) -> Iterator[Use]:
    """Yield the image of each container of the workloads among typed objects."""
    for item in objects:
        if isinstance(item, Workload):
            yield from ((container.image, str(item)) for _, container in item.containers())

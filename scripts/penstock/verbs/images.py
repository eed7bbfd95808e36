"""inv images: the images of an environment, and what uses each."""

from __future__ import annotations

import msgspec

from penstock.cluster import dns
from penstock.core import console
from penstock.core.process import run
from penstock.core.yaml import parse_all
from penstock.kube.objects import Object
from penstock.kube.read import read
from penstock.platform import environments
from penstock.platform.images import Image, Use, images, used
from penstock.platform.layout import find_platform
from penstock.tools import flux, flux_cli
from penstock.tools.on_path import FLUX


class Listed(msgspec.Struct, frozen=True):
    """One image in the output of `inv images --json`; `tag` or `digest` is empty if the reference has none."""

    image: str
    repository: str
    tag: str
    digest: str
    users: tuple[str, ...]


def list_images(environment: str, as_json: bool) -> None:
    """Print the images of an environment, sorted; raises PenstockError for an unknown environment."""
    found = listed(environment)
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode([_described(each) for each in found])).decode())
    else:
        rows = [[each.ref.repository, each.ref.tag, each.ref.digest[:19], ", ".join(each.users)] for each in found]
        console.table(["IMAGE", "TAG", "DIGEST", "USED BY"], rows)
        console.info(f"{len(found)} images, {sum(bool(each.ref.digest) for each in found)} of them pinned by digest")


def listed(environment: str) -> list[Image]:
    """Return the images of an environment, sorted, with those of Flux; warns if the flux CLI can't tell them."""
    layout = find_platform()
    lacks = FLUX.lacks()
    if lacks:
        console.warn(f"the images of Flux are not listed: {lacks}")
        console.hint(FLUX.fix)
    further = [(dns.IMAGE, "inv up, inv smoke"), *([] if lacks else _flux())]
    return images(layout, environments.one(layout, environment), further)


def _described(image: Image) -> Listed:
    return Listed(str(image.ref), image.ref.repository, image.ref.tag, image.ref.digest, image.users)


def _flux() -> list[Use]:
    """Return the images of the controllers that the flux CLI installs."""
    name = "flux install --export"
    objects = parse_all(run(flux_cli.export(flux.CONTROLLERS)).stdout, name)
    return list(used(read(Object("", item, file=name)) for item in objects if item))

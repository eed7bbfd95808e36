"""inv images: the images of an environment, and what uses each."""

from __future__ import annotations

from pathlib import Path

import msgspec

from penstock.cluster import dns
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.process import run
from penstock.core.yaml import parse_all
from penstock.kube.objects import Object
from penstock.kube.read import read
from penstock.platform import environments
from penstock.platform.images import Image, Use, images, used
from penstock.platform.layout import find_platform
from penstock.tools import flux, flux_cli, image_cache
from penstock.tools.archives import in_folder
from penstock.tools.on_path import FLUX

CACHES = "the image caches of inv up"
"""The user of the image that Docker itself runs as a cache."""


class Listed(msgspec.Struct, frozen=True):
    """One image in the output of `inv images --json`; `tag` or `digest` is empty if the reference has none.

    `size` is in bytes, those of the layers in an archive; None if there is none.
    """

    image: str
    repository: str
    tag: str
    digest: str
    users: tuple[str, ...]
    size: int | None = None


def list_images(environment: str, as_json: bool, as_sbom: bool = False, folder: str = "") -> None:
    """Print the images of an environment, sorted, with their sizes in the archives of a folder.

    Raises PenstockError for an unknown environment, or a file in the folder that is no archive.
    """
    if as_json and as_sbom:
        raise PenstockError("--json and --sbom are two formats", "omit one of them")
    archives = in_folder(Path(folder).absolute()) if folder else []
    sizes = {name: size for archive in archives for name, size in archive.sizes.items()}
    found = [_described(each, sizes) for each in listed(environment)]
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(found)).decode())
    elif as_sbom:
        from penstock.verbs.images_sbom import sbom

        console.out(sbom(found))
    else:
        _show(found, bool(folder))


def _show(found: list[Listed], with_sizes: bool) -> None:
    heads = ["IMAGE", "TAG", "DIGEST", *(["SIZE"] if with_sizes else []), "USED BY"]
    rows = []
    for each in found:
        known = "?" if each.size is None else console.size(each.size)
        size = [known] if with_sizes else []
        rows.append([each.repository, each.tag, each.digest[:19], *size, ", ".join(each.users)])
    console.table(heads, rows)
    total = f", {console.size(sum(each.size or 0 for each in found))} in archives" if with_sizes else ""
    console.info(f"{len(found)} images, {sum(bool(each.digest) for each in found)} of them pinned by digest{total}")


def listed(environment: str) -> list[Image]:
    """Return the images of an environment, sorted, with those of Flux; warns if the flux CLI can't tell them."""
    layout = find_platform()
    lacks = FLUX.lacks()
    if lacks:
        console.warn(f"the images of Flux are not listed: {lacks}")
        console.hint(FLUX.fix)
    name = environments.one(layout, environment)
    settings = environments.cluster(layout, name)
    caches = [(image_cache.IMAGE, CACHES)] if settings.image_cache and settings.in_docker else []
    return images(layout, name, [(dns.IMAGE, "inv up, inv smoke"), *caches, *([] if lacks else _flux())])


def _described(image: Image, sizes: dict[str, int]) -> Listed:
    ref = image.ref
    return Listed(str(ref), ref.repository, ref.tag, ref.digest, image.users, sizes.get(ref.runtime_name))


def _flux() -> list[Use]:
    """Return the images of the controllers that the flux CLI installs."""
    name = "flux install --export"
    objects = parse_all(run(flux_cli.export(flux.CONTROLLERS)).stdout, name)
    return list(used(read(Object("", item, file=name)) for item in objects if item))

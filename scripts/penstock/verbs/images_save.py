"""inv images-save: the images of an environment as archives, for `inv up --images`."""

from __future__ import annotations

from pathlib import Path

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.files import writing
from penstock.kube.images import ImageRef
from penstock.tools import image_copy
from penstock.tools.archives import read
from penstock.verbs.images import CACHES, listed


def save_images(folder: str, environment: str) -> None:
    """Save the images of which the folder has no archive.

    Raises Findings for those that can't be saved, after the others; no half archive is left.
    """
    image_copy.program(image_copy.SAVING)
    found = listed(environment)
    into = Path(folder).absolute()
    with writing(into):
        into.mkdir(parents=True, exist_ok=True)
    # Archives are loaded into nodes, and replace the caches.
    found = [image for image in found if image.users != (CACHES,)]
    of_nodes = [image for image in found if all(user.startswith("the nodes of ") for user in image.users)]
    refs = [image.ref for image in found if image not in of_nodes]
    missing = [ref for ref in refs if not _has(_place(into, ref), ref)]
    failed: list[PenstockError] = []
    for number, ref in enumerate(missing, 1):
        try:
            with console.step(f"{number} of {len(missing)}: {ref}"):
                _save(ref, _place(into, ref))
        except PenstockError as error:
            failed.append(error)
    if failed:
        raise Findings([error.message for error in failed], "\n".join(dict.fromkeys(error.hint for error in failed)))
    size = sum(_place(into, ref).stat().st_size for ref in refs)
    console.good(f"{into}: {len(refs)} images, {len(missing)} of them new, {console.size(size)}")
    for image in of_nodes:
        console.info(f"  not there: {image.ref}, which Docker itself needs for {', '.join(image.users)}")
    console.info(f"  inv up --provider kind --images {folder}")


def _place(folder: Path, ref: ImageRef) -> Path:
    version = ref.digest.removeprefix("sha256:")[:12] or ref.tag
    return folder / f"{ref.repository.replace('/', '-').replace(':', '-')}-{version}.tar"


def _has(archive: Path, ref: ImageRef) -> bool:
    try:
        return archive.is_file() and ref.runtime_name in read(archive).images
    except PenstockError:
        return False


def _save(ref: ImageRef, archive: Path) -> None:
    half = archive.with_suffix(".part")
    half.unlink(missing_ok=True)
    try:
        image_copy.save(ref, half)
        half.rename(archive)
    finally:
        half.unlink(missing_ok=True)

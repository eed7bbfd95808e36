"""inv images-pin: give images that are known by their tag the digest that their registry has for it."""

from __future__ import annotations

import re
from pathlib import Path

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.files import write_atomically
from penstock.kube.images import ImageRef
from penstock.platform import environments
from penstock.platform.external import FILE
from penstock.platform.images import images
from penstock.platform.layout import Layout, find_platform
from penstock.tools import image_copy

_SOURCES = ("components", "charts", "environments")
_ENDINGS = (".yaml", ".yml", ".gotmpl")


def pin_images(only: list[str]) -> None:
    """Write `TAG@DIGEST` into the sources of the platform, and drop the repositories from imagesByTag of external.yaml.

    `only` are repositories; by default all images without a digest are pinned. Raises Findings for those that can't be.
    """
    layout = find_platform()
    found = {image.ref for name in environments.names(layout) for image in images(layout, name)}
    refs = sorted(ref for ref in found if not ref.digest and (not only or ref.repository in only))
    unknown = sorted(set(only) - {ref.repository for ref in refs})
    if unknown:
        raise PenstockError(f"no image of {unknown[0]} lacks a digest", "`inv images` lists the images")
    image_copy.program(image_copy.ASKING)
    files = _files(layout)
    failed: list[PenstockError] = []
    for ref in refs:
        try:
            with console.step(str(ref)):
                _pin(layout, files, ref, image_copy.digest(ref))
        except PenstockError as error:
            failed.append(error)
    pinned = len(refs) - len(failed)
    console.good(f"{pinned} {'image' if pinned == 1 else 'images'} pinned")
    if pinned:
        console.info("  inv hydrate")
    if failed:
        raise Findings([error.message for error in failed], "\n".join(dict.fromkeys(error.hint for error in failed)))


def _files(layout: Layout) -> list[Path]:
    folders = [layout.root / name for name in _SOURCES]
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.name.endswith(_ENDINGS)]


def _pin(layout: Layout, files: list[Path], ref: ImageRef, digest: str) -> None:
    """Add a digest to every mention of an image; raises PenstockError if the sources don't mention it in this form."""
    # Docker Hub's host may be left out.
    names = {ref.repository, ref.repository.removeprefix("docker.io/").removeprefix("library/")}
    any_name = "|".join(re.escape(f"{name}:{ref.tag}") for name in names)
    spelled = re.compile(rf"(?<![\w./-])(?:{any_name})(?![\w.@-])")
    changed = False
    for path in files:
        text = path.read_text()
        pinned = spelled.sub(rf"\g<0>@{digest}", text)
        if pinned != text:
            changed = True
            write_atomically(path, pinned.encode())
    if not changed:
        message = f"{ref}: no file in {', '.join(_SOURCES)} has this text, so a template puts the image together"
        raise PenstockError(message, f"write the digest where the tag is: {digest}")
    external = layout.root / FILE
    if external.is_file():
        left = re.sub(rf"^[ \t]*- {re.escape(ref.repository)}[ \t]*\n", "", external.read_text(), flags=re.MULTILINE)
        # A key without entries would be no list, and so allow every image again.
        left = re.sub(r"^imagesByTag:[ \t]*\n(?![ \t]*[-#])", "imagesByTag: []\n", left, flags=re.MULTILINE)
        write_atomically(external, left.encode())

"""inv images-prune: remove the caches of images that `inv up` made."""

from __future__ import annotations

from penstock.cluster import image_cache
from penstock.core import console


def prune_images() -> None:
    """Remove the containers and the contents of all caches; running clusters then pull from the registries."""
    gone = image_cache.prune()
    if gone:
        console.good(f"removed {', '.join(gone)}")
    else:
        console.good("there is no cache")

"""Verbs for manifests/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from penstock.cli.verb import ANY_ENV, ENV, JSON, PLATFORM, SELECTED, SHARD, verb

if TYPE_CHECKING:
    from penstock.hydrate.selection import Selection

# How a review is shown.
_SHOWN = {
    "format": "text, markdown, html, json or sarif",
    "output": "the file to write; stdout when it isn't given",
    "rehearsal": "a file with the report of a rehearsal as JSON, to show it too",
}


def _selection(env: list[str], changed: str | bool, shard: str) -> Selection:
    from penstock.hydrate.selection import Selection

    # Invoke passes True for an optional value that isn't given.
    return Selection(tuple(env), "" if changed is True else changed or None, shard)


@verb(
    iterable=["component", "env"],
    optional=["changed"],
    help=SELECTED | JSON | PLATFORM | {"component": "only this component (may be given several times)"},
)
def hydrate(
    _: Context,
    component: list[str],
    env: list[str],
    changed: str = "",
    shard: str = "",
    json: bool = False,
    platform: str = "",
) -> None:
    """Render components/ into manifests/."""
    from penstock.verbs.hydrate import hydrate as run

    run(_selection(env, changed, shard), component, json, platform)


@verb(
    "hydrate-check",
    iterable=["env"],
    optional=["changed"],
    help=SELECTED | JSON | PLATFORM | {"fast": "compare digests with the lock; needs no tool but git"},
)
def hydrate_check(
    _: Context,
    env: list[str],
    changed: str = "",
    shard: str = "",
    fast: bool = False,
    json: bool = False,
    platform: str = "",
) -> None:
    """Fail when manifests/ isn't what components/ gives."""
    from penstock.verbs.hydrate_check import hydrate_check as run

    run(_selection(env, changed, shard), fast, json, platform)


@verb(iterable=["env"], help=ANY_ENV | JSON | PLATFORM | {"base": "the revision to compare with (HEAD)"})
def diff(_: Context, env: list[str], base: str = "HEAD", json: bool = False, platform: str = "") -> None:
    """Show what manifests/ will do to a cluster, against HEAD."""
    from penstock.verbs.diff import diff as run

    run(env, base, json, platform)


@verb(
    words=("base", "head"),
    iterable=["env"],
    help=ANY_ENV
    | SHARD
    | PLATFORM
    | _SHOWN
    | {
        "base": "the revision before the change (the merge base with the default branch)",
        "head": "the revision after it (the working tree)",
    },
)
def review(
    _: Context,
    env: list[str],
    base: str = "",
    head: str = "",
    format: str = "text",  # noqa: A002, the option's name
    output: str = "",
    rehearsal: str = "",
    shard: str = "",
    platform: str = "",
) -> None:
    """Show what a branch does to each cluster, and its risks."""
    from penstock.verbs.review import review as run

    run(base, head, env, format, platform, output, rehearsal, shard)


@verb(
    "review-merge",
    help=PLATFORM | _SHOWN | {"folder": "with what `inv review --shard N/M --format json` wrote for each shard"},
)
def review_merge(
    _: Context,
    folder: str,
    format: str = "text",  # noqa: A002, the option's name
    output: str = "",
    rehearsal: str = "",
    platform: str = "",
) -> None:
    """Merge the reviews of several shards into one."""
    from penstock.verbs.review import merge as run

    run(folder, format, platform, output, rehearsal)


@verb(
    iterable=["env"],
    help=ANY_ENV
    | SHARD
    | JSON
    | PLATFORM
    | {
        "base": "the revision to start from (the merge base with the default branch)",
        "all": "every environment, not one of each class",
    },
)
def rehearse(
    _: Context,
    env: list[str],
    base: str = "",
    shard: str = "",
    all: bool = False,  # noqa: A002, the option's name
    json: bool = False,
    platform: str = "",
) -> None:
    """Rehearse a branch on temporary clusters, there and back."""
    from penstock.verbs.rehearse import rehearse as run

    run(base, env, all, json, platform, shard)


@verb(
    words=("key",),
    help=PLATFORM
    | JSON
    | {
        "env": "the environment, an abstract one too (k3d)",
        "key": "only this one and those below it: cilium.apiServer",
    },
)
def values(_: Context, key: str = "", env: str = "", json: bool = False, platform: str = "") -> None:
    """Print an environment's merged values, with their places."""
    from penstock.verbs.values import values as run

    run(env, key, json, platform)


@verb(
    words=("to",),
    iterable=["component"],
    help=PLATFORM
    | {
        "to": "the environment that moves",
        "from_": "the environment whose revisions it takes",
        "component": "only this component (may be given several times)",
        "revision": "the tag or full commit to pin to; without this and --from, pins are removed",
        "plan": "tell how far each environment lags: commits, days, objects, the highest risks",
        "next": "tell which promotions are due by promotion.yaml",
        "json": "print what --plan or --next tells as JSON on stdout",
    },
)
def promote(
    _: Context,
    component: list[str],
    to: str = "",
    from_: str = "",
    revision: str = "",
    plan: bool = False,
    next: bool = False,  # noqa: A002, the option's name
    json: bool = False,
    platform: str = "",
) -> None:
    """Move an environment's pins to what another one renders."""
    from penstock.verbs import promote as verb

    if plan:
        verb.plan(to, json, platform)
    elif next:
        verb.decide(to, json, platform)
    else:
        verb.promote(to, from_, component, revision, platform)


@verb(
    "environment-add", help=PLATFORM | {"name": "of the new environment", "extends": "the environment that it extends"}
)
def environment_add(_: Context, name: str, extends: str = "", platform: str = "") -> None:
    """Add an environment that extends another."""
    from penstock.verbs.environment_add import add_environment as run

    run(name, extends, platform)


@verb(
    help=ENV
    | JSON
    | {
        "sbom": "print a software bill of materials on stdout: CycloneDX 1.6 as JSON",
        "images": "a folder with archives of images, such as `inv images-save` makes: shows the sizes",
    }
)
def images(_: Context, env: str = "", json: bool = False, sbom: bool = False, images: str = "") -> None:
    """List the images of an environment, and what uses each."""
    from penstock.verbs.images import list_images as run

    run(env, json, sbom, images)


@verb("images-pin", iterable=["only"], help={"only": "only the images of this repository; again for more"})
def images_pin(_: Context, only: list[str]) -> None:
    """Pin images by the digests that their registries have."""
    from penstock.verbs.images_pin import pin_images as run

    run(list(only))


@verb("images-prune")
def images_prune(_: Context) -> None:
    """Remove the caches of images that `inv up` made."""
    from penstock.verbs.images_prune import prune_images as run

    run()


@verb("images-save", help=ENV | {"folder": "where the archives go, for `inv up --images`"})
def images_save(_: Context, folder: str, env: str = "") -> None:
    """Save the images of an environment as archives.

    What is there already stays. `inv up --images` loads them on a machine without internet, or behind a limit of pulls.
    """
    from penstock.verbs.images_save import save_images as run

    run(folder, env)

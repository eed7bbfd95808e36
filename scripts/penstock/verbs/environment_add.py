"""inv environment-add: a new environment that extends another."""

from __future__ import annotations

import shutil

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.hydrate.selection import Selection
from penstock.platform import environments
from penstock.platform.layout import find_platform
from penstock.platform.lineage import generated
from penstock.platform.new_environment import make
from penstock.verbs.hydrate import show, update

_GATES = "references dataflow network-policies kubeconform"


def add_environment(name: str, extends: str, platform: str = "") -> None:
    """Write and hydrate the environment, and print what is left to do.

    Raises PenstockError for a name or parent that can't be, and what hydration raises; what it wrote is removed.
    """
    layout = find_platform(platform)
    if not extends:
        known = ", ".join(environments.names(layout))
        raise PenstockError("which environment does it extend?", f"add --extends with one of {known}")
    new = make(layout, name, extends)
    helmfile, folder = layout.helmfile.read_bytes(), new.path.parent
    is_new = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        write_atomically(new.path, new.text.encode())
        write_atomically(layout.helmfile, new.helmfile.encode())
        summaries = update(Selection((name,)), [], str(layout.root))
    except BaseException:
        new.path.unlink(missing_ok=True)
        generated(layout, name).unlink(missing_ok=True)
        shutil.rmtree(layout.tree(name), ignore_errors=True)
        write_atomically(layout.helmfile, helmfile)
        if is_new:
            folder.rmdir()
        raise
    show(summaries)
    shown = layout.relative(new.path)
    console.good(f"{name}: {shown}, and its name in {layout.relative(layout.helmfile)}")
    console.out("Left to do:")
    for own in new.own:
        console.out(f"  {shown}:{own.line}: {own.key}: {own.task}")
    for line in (
        f"inv hydrate -e {name}, when they are set",
        f"inv network-policies, then nox -s {_GATES}",
        "inv reference, then git add --all and git commit",
    ):
        console.out(f"  {line}")

"""docs/reference/verbs.md: every verb with its options, from tasks.py."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from invoke.collection import Collection
from invoke.parser.argument import Argument
from invoke.tasks import Task

from penstock.core.errors import PenstockError

# Verbs in no group appear under the last heading.
GROUPS = {
    "A cluster as a whole": ["up", "down", "sync", "status", "smoke", "open", "logs"],
    "One step of `inv up`": [
        *("cluster-create", "gateway-install", "cilium-install", "coredns-update"),
        *("flux-install", "gitops-setup", "gitops-enable"),
    ],
    "One step of looking and ending": ["flux-status", "gitops-status", "cluster-delete"],
    "Manifests": ["hydrate", "hydrate-check", "diff", "review", "review-merge", "rehearse"],
    "Images": ["images", "images-pin", "images-save", "images-prune"],
    "Environments": ["values", "environment-add", "promote"],
    "Gates and pages": ["test", "explain", "diagram", "network-policies", "reference", "record"],
    "This machine": ["doctor", "tools"],
    "Others": [],
}
_HEAD = """\
# Verbs

<!-- written by inv reference from scripts/penstock/cli: change it there -->

`inv VERB --help` says the same. `inv --debug VERB` logs every command that is run; exit codes and `--json` are in
[concepts](../concepts.md#output-and-exit-codes). Every rule of a gate is in [rules](rules.md).
"""


def verbs(tasks: Path) -> dict[str, Task[Any]]:
    """Return the verbs of a tasks.py by name, sorted; raises PenstockError if the file is missing."""
    spec = importlib.util.spec_from_file_location("penstock_tasks", tasks)
    if spec is None or spec.loader is None or not tasks.is_file():
        raise PenstockError(f"{tasks}: not there", "is the checkout complete? `git status` tells")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    collection = Collection.from_module(module)
    return {name: collection[name] for name in sorted(collection.task_names)}


def ungrouped(names: list[str]) -> list[str]:
    """Return the verbs without a group."""
    return sorted(set(names) - {name for group in GROUPS.values() for name in group})


def page(tasks: Path) -> str:
    """Return the page."""
    found = verbs(tasks)
    parts = [_HEAD]
    for group, listed in {**GROUPS, "Others": ungrouped(list(found))}.items():
        names = [name for name in listed if name in found]
        if names:
            parts.append(f"## {group}\n")
            parts += [_verb(name, found[name]) for name in names]
    return "\n".join(parts)


def _verb(name: str, task: Task[Any]) -> str:
    arguments = task.get_arguments()
    words = [f" {argument.names[0].upper()}" for argument in arguments if _is_word(argument)]
    words += [f" [{word.upper()}]" for word in getattr(task, "words", ())]
    lines = [f"### inv {name}{''.join(words)}", *_described(task), ""]
    if arguments:
        lines += ["| option | meaning |", "|---|---|", *map(_row, arguments), ""]
    return "\n".join(lines)


def _is_word(argument: Argument) -> bool:
    """Whether it is positional. invoke also treats a repeatable option as positional."""
    return bool(argument.positional) and argument.kind is not list


def _described(task: Task[Any]) -> Iterator[str]:
    yield from inspect.cleandoc(task.__doc__ or "").splitlines()


def _row(argument: Argument) -> str:
    if _is_word(argument):
        shown = f"`{argument.names[0].upper()}`"
    else:
        takes = {bool: "", int: " NUMBER"}.get(argument.kind, " TEXT")
        names = sorted((name.replace("_", "-") for name in argument.names), key=len)
        shown = ", ".join(f"`{'-' if len(name) == 1 else '--'}{name}{takes}`" for name in names)
    return f"| {shown} | {argument.help or ''} |"

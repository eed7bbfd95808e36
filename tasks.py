"""The verbs. `inv --list` shows them, `inv VERB --help` explains one."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from invoke import Context, task

from penstock.core.errors import reported


def verb(*arguments: Any, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """A task whose errors are one line, a hint and an exit code; `--debug` adds the traceback."""

    def wrap(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def guarded(context: Context, *values: Any, **named: Any) -> None:
            with reported(debug=logging.getLogger().isEnabledFor(logging.DEBUG)):
                function(context, *values, **named)

        return task(*arguments, **options)(guarded)

    return wrap


_ENV = {"env": "the environment; all of them when it isn't given"}
_JSON = {"json": "print the result as JSON on stdout"}


@verb(iterable=["component"], help=_ENV | _JSON | {"component": "only this component (may be given several times)"})
def hydrate(_: Context, component: list[str], env: str = "", json: bool = False) -> None:
    """Render components/ into manifests/."""
    from penstock.verbs.hydrate import hydrate as run

    run(env or None, component, json)


@verb(help=_ENV | _JSON | {"fast": "compare digests with the lock; needs no tool at all"})
def hydrate_check(_: Context, env: str = "", fast: bool = False, json: bool = False) -> None:
    """Fail when manifests/ isn't what components/ gives."""
    from penstock.verbs.hydrate_check import hydrate_check as run

    run(env or None, fast, json)

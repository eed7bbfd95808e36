"""Verbs as tasks of Invoke, whose errors are a line, a hint and an exit code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import Signature, signature
from types import ModuleType
from typing import Any

from invoke.exceptions import ParseError
from invoke.parser.argument import Argument
from invoke.tasks import Task, task

from penstock.core.errors import reported
from penstock.verbs.options import Target

# Help of shared options, by name.
ENV = {"env": "the environment (the one whose cluster is there, else k3d)"}
ANY_ENV = {"env": "the environment, or a pattern such as 'production-*'; again for more; all when it isn't given"}
SHARD = {"shard": "only this share of the environments, such as 3/8"}
SELECTED = {
    **ANY_ENV,
    "changed": "only what differs from a revision (the merge base with the default branch) can touch",
    **SHARD,
}
JSON = {"json": "print the result as JSON on stdout"}
PLATFORM = {"platform": "the folder with helmfile.yaml, where it isn't this one or above it ($PENSTOCK_PLATFORM)"}
DRY_RUN = {"dry_run": "print the commands that would change the cluster, and run none"}
# The fields of Target.
TARGET = {
    **ENV,
    "provider": "where the cluster runs: k3d, kind, existing, or kwok, which needs no Docker and simulates pods",
    "context": "of your kubeconfig, for the provider existing",
    "source": "where Flux takes the manifests from: local, this working tree, or remote, what is pushed",
    "timeout": "seconds that each wait may take (180 on kwok, 900 elsewhere)",
    "yes": "don't ask before changing an external cluster",
    **DRY_RUN,
}


class WrongValue(ParseError):
    """An option's value has the wrong type; `hint` describes the option."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}\n  hint: {hint}")
        self.message, self.hint = message, hint


class Option(Argument):
    """An option that checks numbers when they are parsed: all numbers of the verbs are counts, 1 or more."""

    def set_value(self, value: Any, cast: bool = True) -> None:
        """Set the value; raises WrongValue if the option needs a number and the value is none."""
        if self.kind is int and not (value.isascii() and value.isdigit() and int(value)):
            option = f"--{self.names[0]}"
            raise WrongValue(f"{option} `{value}` is no whole number from 1", f"{option} NUMBER: {self.help}")
        super().set_value(value, cast)


class Verb(Task[Any]):
    """A task that reports its errors; `inv --debug` adds the traceback.

    The options of a parameter `target` are the fields of Target. `words` are options whose names may be left out, in
    this order; Invoke's positional arguments are always required.
    """

    words: tuple[str, ...] = ()

    def named(self, tokens: list[str]) -> list[str]:
        """Return the tokens after the verb's name, with the names of the words."""
        flags = {flag for each in self.get_arguments() if each.kind is not bool for flag in _flags(each)}
        left, found, is_value = [*self.words], [], False
        for token in tokens:
            if not is_value and not token.startswith("-") and left:
                found.append(f"--{left.pop(0)}")
            is_value = not is_value and token in flags
            found.append(token)
        return found

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Run the verb; raises SystemExit with the exit code of an error."""
        if "target" in signature(self.body).parameters:
            named["target"] = Target(**{name: named.pop(name) for name in signature(Target).parameters})
        with reported(debug=logging.getLogger().isEnabledFor(logging.DEBUG)):
            return super().__call__(*values, **named)

    def argspec(self, body: Callable[..., Any]) -> Signature:
        """Return the parameters that are options."""
        own = super().argspec(body)
        fields = signature(Target).parameters.values()
        parameters = [
            each for item in own.parameters.values() for each in (fields if item.name == "target" else [item])
        ]
        return own.replace(parameters=parameters)

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Return the options; their types are those of the default values of the function's parameters."""
        explained = self.help.copy()
        found = super().get_arguments(ignore_unknown_help)
        self.help = explained  # Invoke removes the texts, and would have none the second time
        return [
            Option(
                # -c is the component elsewhere.
                names=("changed",) if each.name == "changed" else each.names,
                kind=each.kind,
                default=each.default,
                optional=each.optional,
                help=each.help,
                positional=each.positional,
                attr_name=each.attr_name,
            )
            for each in found
        ]


def _flags(argument: Argument) -> list[str]:
    return [f"--{name}" if len(name) > 1 else f"-{name}" for name in argument.names]


def verb(name: str | None = None, words: tuple[str, ...] = (), **options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a function a verb; `options` are those of Invoke's `task`, with a `help` text for each parameter."""

    def made(body: Callable[..., None]) -> Any:
        found = task(klass=Verb, name=name, **options)(body)
        found.words = words
        return found

    return made


def verbs(*modules: ModuleType) -> list[Verb]:
    """Return the verbs that modules define."""
    return [value for module in modules for value in vars(module).values() if isinstance(value, Verb)]

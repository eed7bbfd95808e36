"""The program `inv`: Invoke, with a suggestion and exit code 2 for an unknown verb or option."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from invoke.exceptions import ParseError
from invoke.program import Program

from penstock import __version__
from penstock.cli.verb import Verb, WrongValue
from penstock.core import console
from penstock.core.nearest import did_you_mean

# Invoke's errors contain these facts only in their text; any other error is shown unchanged.
_UNKNOWN = re.compile(r"No idea what (['\"])(?P<word>.*)\1 is!", re.DOTALL)
_VALUELESS = re.compile(r"Flag <\w+: (?P<name>[\w-]+).*> needed value")
_LACKING = re.compile(r"'(?P<verb>[\w-]+)' did not receive required positional arguments: '(?P<name>[\w-]+)'")
_HELP = {"--help", "-h"}
# Options of Invoke that mean the same before and behind a verb.
_ANYWHERE = {"help", "debug"}


class Verbs(Program):
    """Invoke's program, with errors like those of the verbs."""

    exit_code = 2

    def normalize_argv(self, argv: list[str] | None) -> None:
        """Show the help of a verb for `inv VERB --help` too: Invoke would take the option as the verb's argument."""
        super().normalize_argv(argv)
        program, *words = self.argv
        before = words[: self._options_of_inv(words)]
        verb, *after = words[len(before) :] or [""]
        if not _HELP.isdisjoint(after):
            self.argv = [program, *before, "--help", verb]

    def _options_of_inv(self, words: list[str]) -> int:
        """Return how many words come before the verb: options of Invoke, with their values."""
        options = [each for each in (*self.core_args(), *self.task_args()) if each.takes_value]
        valued = {f"{'-' if len(name) == 1 else '--'}{name}" for each in options for name in each.names} - _HELP
        count = 0
        while count < len(words) and words[count].startswith("-"):
            count += 2 if words[count] in valued else 1
        return count

    def parse_tasks(self) -> None:
        """Parse verbs and their options; if they are invalid, prints an error with its fix and raises SystemExit(2)."""
        tokens = self.core.unparsed
        verb = self.collection.tasks.get(tokens[0]) if tokens else None
        if isinstance(verb, Verb) and verb.words:
            self.core.unparsed = [tokens[0], *verb.named(tokens[1:])]
        with self._reported():
            super().parse_tasks()
            self._refuse_options_of_inv(tokens)

    def _refuse_options_of_inv(self, tokens: list[str]) -> None:
        """Raise ParseError for an option of Invoke behind a verb, which would ignore it: `inv hydrate-check -c x`."""
        names = {each.name for each in self.core_via_tasks.args.values() if each.got_value} - _ANYWHERE
        flags = self.core[0].flags
        for token in tokens:
            # `get` of Invoke's own mapping doesn't know the short names.
            if (flag := token.partition("=")[0]) in flags and flags[flag].name in names:
                raise ParseError(f"No idea what '{token}' is!", self.tasks[0])

    def parse_cleanup(self) -> None:
        """Print what --help and --list ask for; raises SystemExit(2) for an unknown verb."""
        with self._reported():
            super().parse_cleanup()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except ParseError as error:
            message, hint = self._explained(error)
            console.error(message)
            console.hint(hint)
            sys.exit(self.exit_code)

    def _explained(self, error: ParseError) -> tuple[str, str]:
        """Return an error message and its hint."""
        if isinstance(error, WrongValue):
            return error.message, error.hint
        context = error.context
        verb = context.name if context and context.name else ""
        text = str(error)
        if found := _UNKNOWN.fullmatch(text):
            return self._unknown(found["word"], verb, context.flag_names() if context else ())
        listed = f"`inv {verb} --help` lists its options" if verb else "`inv --list` lists the verbs"
        if found := _VALUELESS.match(text):
            return f"--{found['name']} needs a value", listed
        if found := _LACKING.match(text):
            return f"inv {found['verb']} needs a {found['name']}", f"inv {found['verb']} {found['name'].upper()}"
        return text, listed

    def _unknown(self, word: str, verb: str, options: Iterable[str]) -> tuple[str, str]:
        if word.startswith("-"):
            where = f"inv {verb} has" if verb else "inv has"
            listed = f"`inv {verb} --help` lists its options" if verb else "`inv --help` lists the options"
            # `--enviroment` is too long to resemble `--env`.
            begun = [option for option in options if option.startswith("--") and word.startswith(option)]
            return f"{where} no option `{word}`", did_you_mean(begun[0] if begun else word, options, listed)
        known = self.collection.task_names
        if verb:
            listed = f"`inv {verb} --help` lists its options"
            named = f"name it by an option, such as `-e {word}`; {listed}" if "--env" in options else listed
            return f"inv {verb} can't use `{word}`", did_you_mean(word, known, named)
        return f"there is no verb `{word}`", did_you_mean(word, known, "`inv --list` lists the verbs")


# Shell completion strips these names from the beginning of a line.
program = Verbs(name="Penstock", binary="inv", binary_names=["invoke", "inv"], version=__version__)

"""Adapter for thanos."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

_NOT_ONE = "none"
# Flags of every subcommand that have a few allowed values.
_ENUMS = ("--log.level", "--log.format")
_STACK = re.compile(r"^(?:github\.com/|main\.|runtime\.|\t)")


def check_objstore(config: Path) -> list[str]:
    """Return the faults of a bucket's configuration.

    No subcommand only validates it. `tools bucket mark` creates the client, which requires a valid configuration, and
    then checks the block's id: with an invalid one it exits before it connects to anything.
    """
    arguments = ["tools", "bucket", "mark", f"--id={_NOT_ONE}", "--marker=deletion-mark.json", "--details=none"]
    output = _run(*arguments, f"--objstore.config-file={config}")
    error = re.search(r'err="((?:[^"\\]|\\.)*)"', output)
    # A stack trace follows the error.
    lines = error[1].replace("\\t", "\t").replace('\\"', '"').split("\\n") if error else output.splitlines()
    fault = " ".join(" ".join(itertools.takewhile(lambda line: not _STACK.match(line), lines)).split())
    # Its line numbers are those of its own re-encoded file.
    fault = re.sub(r"yaml: unmarshal errors: |line \d+: ", "", fault)
    return [] if fault == f"block.id is not a valid UUID, got: {_NOT_ONE}" else [fault]


def check_arguments(arguments: list[str]) -> list[str]:
    """Return the faults of a command line, without running it.

    Arguments are parsed in order, and only the first invalid one is reported: so an invalid one is appended.
    """
    present = {word.partition("=")[0] for word in arguments}
    free = [name for name in _ENUMS if name not in present]
    if not free:
        raise PenstockError(f"thanos: {' and '.join(_ENUMS)} are both given", "leave one to its default")
    output = _run(*arguments, f"{free[0]}={_NOT_ONE}").splitlines()[-1]
    fault = output.rpartition("]: ")[2].removeprefix("thanos: error: ")
    is_ours = fault.startswith("enum value must be one of") and fault.endswith(f"got '{_NOT_ONE}'")
    return [] if is_ours else [_named(fault, arguments)]


def _named(fault: str, arguments: list[str]) -> str:
    """Return a fault with the flag that has the invalid value, which thanos doesn't report."""
    value = re.search(r'"([^"]*)"$', fault)
    flags = [word for word in arguments if value and word.endswith(f"={value[1]}")]
    return f"{flags[0]}: {fault}" if flags else fault


def _run(*arguments: str | Path) -> str:
    """Return the error of a thanos command, which must fail."""
    return run(Command([resolve("thanos"), *arguments], env={"HOME": "/", "PATH": ""}, bare=True, ok=(1, 2))).complaint

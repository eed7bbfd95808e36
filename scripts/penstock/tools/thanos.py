"""Adapter for thanos."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

_NOT_ONE = "none"
# Flags with a few possible values, which every subcommand has.
_ENUMS = ("--log.level", "--log.format")
_STACK = re.compile(r"^(?:github\.com/|main\.|runtime\.|\t)")


def check_objstore(config: Path) -> list[str]:
    """What is wrong with a bucket's configuration.

    No subcommand only checks it. `tools bucket mark` first makes the client, for which the configuration has to be
    right, and then looks at the block's id: given one that is none, it ends there, before it connects to anything.
    """
    arguments = ["tools", "bucket", "mark", f"--id={_NOT_ONE}", "--marker=deletion-mark.json", "--details=none"]
    output = _run(*arguments, f"--objstore.config-file={config}")
    error = re.search(r'err="((?:[^"\\]|\\.)*)"', output)
    # Below the error are the places in its source.
    lines = error[1].replace("\\t", "\t").replace('\\"', '"').split("\\n") if error else output.splitlines()
    fault = " ".join(" ".join(itertools.takewhile(lambda line: not _STACK.match(line), lines)).split())
    # The lines that it counts are those of the file as it writes it again.
    fault = re.sub(r"yaml: unmarshal errors: |line \d+: ", "", fault)
    return [] if fault == f"block.id is not a valid UUID, got: {_NOT_ONE}" else [fault]


def check_arguments(arguments: list[str]) -> list[str]:
    """What is wrong with a command line, without running it.

    Arguments are read from first to last, and the first that is wrong is named: so one is added that surely is.
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
    """A fault of a value, with the flag that has it: thanos doesn't say which."""
    value = re.search(r'"([^"]*)"$', fault)
    flags = [word for word in arguments if value and word.endswith(f"={value[1]}")]
    return f"{flags[0]}: {fault}" if flags else fault


def _run(*arguments: str | Path) -> str:
    """What thanos says of a fault; it must find one."""
    return run(Command([resolve("thanos"), *arguments], env={"HOME": "/", "PATH": ""}, bare=True, ok=(1, 2))).complaint

"""What importing the verbs leaves out, since it takes half of the time of `inv`."""

from __future__ import annotations

import subprocess
import sys

_IMPORTED = """
import sys
import penstock.cli.program
print(sorted({"asyncio", "email", "importlib.metadata", "unittest.mock"} & sys.modules.keys()))
from unittest.mock import Mock
from importlib.metadata import version
print(Mock().anything(), bool(version("invoke")))
"""


def test_what_no_verb_needs_is_not_imported_and_can_be_later() -> None:
    argv = [sys.executable, "-c", _IMPORTED]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
    assert said[0] == "[]"
    assert said[1].startswith("<Mock name=")
    assert said[1].endswith(" True")

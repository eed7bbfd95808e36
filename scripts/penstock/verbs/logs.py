"""inv logs: what the local processes of a cluster wrote."""

from __future__ import annotations

import difflib
from collections import deque
from pathlib import Path

from penstock.cluster.state import state_of
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.layout import find_platform
from penstock.hydrate import environments


def logs(name: str, environment: str, lines: int) -> None:
    """Print the last lines of a process's log; PenstockError lists the names when there is no such process."""
    layout = find_platform()
    state = state_of(layout, environments.one(layout, environment))
    known = state.read().processes
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"the processes are {', '.join(sorted(known)) or 'none'}"
        raise PenstockError(f"there is no process `{name}`", hint)
    path = Path(known[name].log)
    if not path.is_file():
        raise PenstockError(f"{name} wrote no log: {path} is not there", "inv up")
    with path.open(errors="replace") as file:
        for line in deque(file, maxlen=lines):
            console.out(line.rstrip("\n"))

"""docs/reference/rules.md: every rule of every gate, with a failing example and its fix."""

from __future__ import annotations

from pathlib import Path

from penstock.gates.examples import Example, examples
from penstock.gates.registry import MODULES, find, proves

_HEAD = """\
# Rules

<!-- written by inv reference from the gates and the examples in tests/gates: change it there -->

Every finding of a gate ends with the id of its rule, `[references/name]`. `inv explain RULE` prints what is here.
The examples are tests: each is made, and gives what is shown.
"""


def page(root: Path) -> str:
    """Return the page for the checkout at `root`."""
    known = examples(root)
    parts = [_HEAD]
    for name in MODULES:
        parts.append(f"\n## {name}\n{proves(name)}\n")
        for rule in find(name).rules:
            parts.append(f"\n### {rule.id}\n{rule.catches} {rule.why}\n")
            if rule.id in known:
                parts.append(_shown(known[rule.id]))
            parts.append(f"\n**Fix:** {rule.fix}\n")
    return "".join(parts)


def _shown(example: Example) -> str:
    lines = "\n".join(f"error: {line} [{example.rule}]" for line in example.says)
    return f"\n```diff\n{example.diff}\n```\n\n```console\n{lines}\n```\n"

"""docs/reference/errors.md: every error, by what one was doing, with its hint."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from penstock.docs.errors import Entry
from penstock.docs.words import says_something, shown

# What one was doing -> where the code of it is. The longest beginning of a module's path decides.
_AREAS = {
    "Any verb": ("core/", "verbs/", "tools/git.py", "hydrate/environments.py"),
    "The pinned programs and this machine: `inv tools`, `inv doctor`": ("tools/", "verbs/tools.py", "verbs/doctor.py"),
    "Hydrating: `inv hydrate`, `inv hydrate-check`": ("hydrate/", "verbs/hydrate"),
    "What a change does: `inv diff`": ("gitops/diff/", "verbs/diff.py"),
    "A cluster: `inv up` and its phases, `inv sync`, `inv status`, `inv logs`, `inv down`": (
        "cluster/",
        "gitops/",
        *(f"verbs/{name}" for name in ("up", "sync", "status", "logs", "cluster", "flux", "gitops", "gateway")),
        *(f"verbs/{name}" for name in ("cilium", "coredns", "open")),
    ),
    "Smoke: `inv smoke`": ("cluster/smoke/", "verbs/smoke.py"),
    "The gates: `inv test`, `nox -s NAME`": (
        "gates/",
        "verbs/test.py",
        "verbs/diagram.py",
        "verbs/network_policies.py",
        "verbs/reference.py",
    ),
    "The gate `references`": ("gates/references/",),
    "The gate `dataflow`": ("gates/dataflow/", "gates/rendered/files.py"),
    "The gate `config`": ("gates/config/",),
}
_HEAD = """\
# Errors

<!-- written by inv reference from scripts/penstock: change it there -->

Every error that Penstock itself gives, by what you were doing. An error is a line on stderr, a fix below it:

```console
error: unknown environment `kidn`: helmfile.yaml has k3d, kind, production
  hint: did you mean `kind`?
```

A word in CAPITALS stands for what the program puts there, `…` for what may be missing. Several faults of one kind are
several lines with one hint. Exit codes are in [concepts](../concepts.md#output-and-exit-codes). By what one sees rather
than by what was said: [troubleshooting](../troubleshooting.md).
"""
_OTHERS = """\
### Lines of other programs, in {area}
Passed on as they are, or with the place in front.

| what | hint |
|---|---|
"""


class _Told:
    """What is known of one message: its hints and the modules that say it."""

    def __init__(self) -> None:
        self.hints: list[str] = []
        self.modules: list[str] = []

    def add(self, hints: list[str], module: str) -> None:
        self.hints += [hint for hint in hints if hint not in self.hints]
        self.modules += [module] if module not in self.modules else []


def area_of(path: str) -> str:
    """What one does when a module gives an error."""
    fitting = [(len(start), area) for area, starts in _AREAS.items() for start in starts if path.startswith(start)]
    return max(fitting)[1]


def page(entries: list[Entry]) -> str:
    """The page."""
    by_area: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_area[area_of(entry.path)].append(entry)
    seen: dict[str, _Told] = {}
    parts = [_HEAD]
    for area in _AREAS:
        if by_area[area]:
            parts += [f"## {area}\n", *_section(area, by_area[area], entries, seen)]
    return "\n".join(parts)


def _section(area: str, found: list[Entry], entries: list[Entry], everywhere: dict[str, _Told]) -> Iterator[str]:
    told: dict[str, _Told] = {}
    others = []
    for entry in found:
        hints = list(entry.hints) or _borrowed(entry, entries)
        messages = [shown(text) for text in entry.messages if says_something(text)]
        for message in messages:
            # A message of two areas has its place in the first.
            here = everywhere.get(message) or told.setdefault(message, _Told())
            here.add([shown(hint) for hint in hints], entry.path)
        if not messages and not entry.passed_on:
            others.append(f"| {_cell(entry)} | {_escaped(_all(hints))} |")
    everywhere.update(told)
    for message, about in told.items():
        yield f"### {_escaped(message)}\n{_body(about)}\n"
    if others:
        yield _OTHERS.format(area=area.partition(":")[0].lower()) + "\n".join(others) + "\n"


def _borrowed(entry: Entry, entries: list[Entry]) -> list[str]:
    """The hint of the module that shows an error of another one."""
    shows = [other for other in entries if other.path == entry.passed_on and other.hints]
    return list(shows[-1].hints) if shows else ["`inv smoke` says with every check that fails where to look"]


def _body(about: _Told) -> str:
    modules = ", ".join(f"`scripts/penstock/{module}`" for module in about.modules)
    hint = _escaped(_all(about.hints))
    return f"→ {hint}\n\n({modules})" if hint else f"({modules})"


def _all(hints: list[str]) -> str:
    return "; or: ".join(shown(hint) for hint in hints if hint)


def _cell(entry: Entry) -> str:
    about = re.sub(r"^.*?(Findings|PenstockError) (for|when|where|with) ", "", entry.about).rstrip(".")
    return f"{_escaped(about)} (`scripts/penstock/{entry.path}`)" if about else f"`scripts/penstock/{entry.path}`"


def _escaped(text: str) -> str:
    """A text for Markdown: what would be a tag or a column is none, but for what is code."""
    pieces = text.split("`")
    plain = [re.sub(r"([<*|])", r"\\\1", piece) if index % 2 == 0 else piece for index, piece in enumerate(pieces)]
    return "`".join(plain)

"""Find what helmfile would read or run on the machine, since the manifests would then depend on it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from penstock.core.errors import PenstockError
from penstock.core.yaml import compose_all, scalars_of
from penstock.hydrate.select import Component
from penstock.platform.layout import Layout
from penstock.tools.helmfile import HOOKS_REFUSED

# vals' pattern (pkg/expansion/expand_match.go); helmfile resolves it in values of environments and releases.
_REFERENCE = re.compile(r"(?:secret)?ref\+[^+:\n]*://")
# In a template, the rest may be computed.
_BEGUN = re.compile(r"(?:secret)?ref\+(?:[^+:\n]*://)?")
# A reference, or one of YAML's escapes that could hide a letter of it.
_SUSPECT = re.compile(r"ref\+|\\(?:x|u00|U0000)[0-9a-fA-F]{2}")
# Backquotes may contain an action for the next round.
_ACTION = re.compile(r"\{\{(?:`[^`]*`|.)*?\}\}")
_CONTROL = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|block|define|/\*)\b.*?\}\}")
_ACTION_LINE = re.compile(r"^[ \t]*(?:\{\{.*?\}\}[ \t]*)+$", re.MULTILINE)
# A slash that begins a path, but not a URL.
_ABSOLUTE = re.compile(r"(?:^|(?<=[\s=,]))/(?!/)[^\s,]*|\bfile:/\S*")
# A path that begins with this action isn't absolute, since an environment's name has no slash.
_RELATIVE = re.compile(
    r"\{\{-?\s*(?:\.Environment\.Name|`\{\{\s*\.(?:Release\.Name|Environment\.Name)\s*\}\}`)\s*-?\}\}"
)
# Lists of files, whose entries may also be inline values or patches.
_INLINE = ("jsonPatches", "strategicMergePatches", "transformers", "values", "valuesTemplate")
_FILES = (*_INLINE, "bases", "file", "helmfiles", "path")
# Values that an action inserts inline.
_INLINED = re.compile(r"\{\{-?[^\"`}]*\b(?:toYaml|toJson)\b[^\"`}]*\}\}$")
# Private Unicode characters that replace actions.
_FIRST, _MARK = 0xF0000, re.compile("[\U000f0000-\U000ffffd]")
# Text that only Kubernetes or Helm reads.
_TEXTS = ("apiVersions", "commonLabels", "labels", "repositories")


def may_read(component: Component, path: Path) -> bool:
    """Whether helmfile may read a file of a component."""
    if path.suffix == ".md" or str(path).startswith(f"{component.folder}/kustomize/"):
        return False
    return not (path.parent == component.folder and path.name in ("secrets.yaml", "hooks.yaml"))


@dataclass(frozen=True)
class Helmfile:
    """A helmfile as YAML, with each action replaced by a private character; `nodes` is None if it isn't YAML."""

    path: Path
    text: str
    actions: list[str]
    nodes: list[yaml.Node] | None


def read(path: Path) -> Helmfile:
    """Read a helmfile; never fails on its content."""
    text = path.read_text(errors="replace")
    actions: list[str] = []
    try:
        nodes = list(compose_all(_kept(text, actions), path))
    except PenstockError:
        return Helmfile(path, text, actions, None)
    return Helmfile(path, text, actions, nodes)


def put_together(helmfile: Helmfile) -> set[Path]:
    """Return the paths of a helmfile, its bases and the helmfiles that it includes."""
    named = [
        scalar.value
        for node in helmfile.nodes or ()
        if isinstance(node, yaml.MappingNode)
        for key, value in node.value
        if key.value in ("bases", "helmfiles")
        for scalar in scalars_of(value)
    ]
    return {helmfile.path, *(Path(os.path.normpath(helmfile.path.parent / name)) for name in named)}


def references(layout: Layout, path: Path, text: str) -> list[str]:
    """Return a line for every `ref+…` in a file: helmfile reads or fetches its target."""
    if not _SUSPECT.search(text):  # nearly always
        return []
    pattern = _BEGUN if path.suffix == ".gotmpl" else _REFERENCE
    found = _in_actions(text) if path.suffix == ".gotmpl" else {}
    try:
        nodes = compose_all(_plain(text), path)
    except PenstockError:
        nodes = []
        found |= {number: match[0] for number, match in _matches(text, pattern)}
    lines = text.splitlines()
    for scalar in (scalar for node in nodes for scalar in scalars_of(node)):
        match = pattern.search(scalar.value)
        if match:
            first, last = scalar.start_mark.line, scalar.end_mark.line
            lines_with = [at for at in range(first, min(last + 1, len(lines))) if pattern.search(lines[at])]
            found[(lines_with or [first])[0] + 1] = match[0]
    return [
        f"{layout.relative(path)}:{number}: `{text}` is resolved while hydrating, so what is in Git would depend on "
        "the machine"
        for number, text in sorted(found.items())
    ]


def faults(layout: Layout, helmfile: Helmfile) -> list[str]:
    """Return a line for every helmfile hook, and for every path in a helmfile that is or may be absolute."""
    shown = layout.relative(helmfile.path)
    if helmfile.nodes is None:
        return [
            f"{shown}:{number}: {match} leads out of the component"
            for number, line in enumerate(helmfile.text.splitlines(), start=1)
            for match in re.findall(r"""^\s*(?:-\s*)?(?:(?:file|path|chart):\s*)?["']?(/(?!/)[^\s"',]*)""", line)
        ]
    return [line for node in helmfile.nodes for line in _of_helmfile(shown, node, helmfile.actions)]


def _of_helmfile(shown: str, node: yaml.Node, actions: list[str], key: str = "") -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        text = _MARK.sub(lambda mark: actions[ord(mark[0]) - _FIRST], node.value)
        yield from _of_path(f"{shown}:{node.start_mark.line + 1}", text, key)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if key == "hooks":
                yield f"{shown}:{item.start_mark.line + 1}: {HOOKS_REFUSED} ({_events(item)})"
            elif not (key in _INLINE and isinstance(item, yaml.MappingNode)):
                yield from _of_helmfile(shown, item, actions, key)
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = str(name.value)
            if key in ("set", "setString", "setTemplate") and inner != "file":
                continue
            if inner not in _TEXTS:
                yield from _of_helmfile(shown, value, actions, inner)


def _of_path(where: str, text: str, key: str) -> Iterator[str]:
    text = _CONTROL.sub("", text)
    absolute = _ABSOLUTE.search(_ACTION.sub("x", text))
    if absolute:
        yield f"{where}: {absolute[0] if absolute.start() else text} leads out of the component"
    elif key in _FILES and text.startswith("{{") and not (_RELATIVE.match(text) or _INLINED.match(text)):
        yield f"{where}: `{text}` may lead out of the component: begin it with `./`, or with a name"


def _events(hook: yaml.Node) -> str:
    pairs = {str(key.value): value for key, value in hook.value} if isinstance(hook, yaml.MappingNode) else {}
    events = pairs.get("events")
    named = [str(item.value) for item in events.value] if isinstance(events, yaml.SequenceNode) else []
    return f"at {', '.join(named)}" if named else "at no event"


def _plain(text: str) -> str:
    return _ACTION.sub("x", _ACTION_LINE.sub("", text))


def _kept(text: str, actions: list[str]) -> str:
    """Return a helmfile as YAML: each action in a line becomes a character that encodes its index in `actions`."""

    def mark(action: re.Match[str]) -> str:
        actions.append(action[0])
        return chr(_FIRST + len(actions) - 1)

    return _ACTION.sub(mark, _ACTION_LINE.sub("", text))


def _in_actions(text: str) -> dict[int, str]:
    return {
        text.count("\n", 0, action.start()) + 1: match[0]
        for action in re.finditer(r"\{\{.*?\}\}", text, re.DOTALL)
        if not action[0].startswith("{{/*") and not action[0].startswith("{{- /*")
        for match in _BEGUN.finditer(action[0])
    }


def _matches(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match

"""Read and write YAML as Kubernetes does. All YAML of the engine passes through here.

`parse` returns what sigs.k8s.io/yaml returns, the library of kubectl, the API server, Helm and Flux: the same object,
or an error in both. PyYAML implements YAML 1.1 and returns other objects. Penstock's settings follow the same rules, so
that a word means the same in every file; hydrate/values.py reports words that helmfile reads differently. What
Kubernetes silently drops is an error here: a duplicate key, text after a document without `---`, or a second document
if one is expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from penstock.core import scalars
from penstock.core.documents import Fault, documents, parser, place
from penstock.core.errors import PenstockError


def parse(text: str | bytes, name: Path | str = "the text") -> Any:
    """Parse one YAML document into plain values; raises PenstockError with file, line and column if it isn't YAML."""
    data = _bytes(text)
    with _explained(data, name):
        found = list(documents(data, single=True))
        return found[0] if found else None


def parse_all(text: str | bytes, name: Path | str = "the text", *, last_wins: bool = False) -> list[Any]:
    """Parse all non-empty documents of a YAML stream; raises the same errors as `parse`.

    With `last_wins`, duplicate keys are allowed, as in the output of a chart: Helm and kubectl use the last one.
    """
    data = _bytes(text)
    with _explained(data, name):
        return [document for document in documents(data, last_wins=last_wins) if document is not None]


def compose(text: str | bytes, name: Path | str) -> yaml.Node | None:
    """Parse one YAML document into nodes with their positions; raises the same errors as `parse`."""
    data = _bytes(text)
    with _explained(data, name):
        return yaml.compose(data, Loader=parser())


def compose_all(text: str | bytes, name: Path | str) -> list[yaml.Node]:
    """Parse all documents of a YAML stream into nodes; raises the same errors as `parse`."""
    data = _bytes(text)
    with _explained(data, name):
        return [node for node in yaml.compose_all(data, Loader=parser()) if node]


def utf8(data: bytes, name: Path | str) -> str:
    """Decode the text of a file; raises PenstockError with line and column if it isn't UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line, column = place(data, error.start)
        raise PenstockError(f"{name}:{line}:{column}: not text: {error.reason}", "write it as UTF-8") from None


def scalars_of(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Yield every scalar of a document, including keys."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalars_of(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from scalars_of(key)
            yield from scalars_of(value)


def dump(value: Any, *, sort_keys: bool = True, indented: bool = False) -> str:
    """Return YAML that Kubernetes reads as this value, without folded lines or anchors.

    `indented` indents lists below their keys, as in hand-written files.
    """
    dumper = _IndentedDumper if indented else _Dumper
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=sort_keys, default_flow_style=False, width=_WIDE)
    return text


def dump_all(values: Sequence[Any]) -> str:
    """The same for a stream of documents."""
    text: str = yaml.dump_all(values, Dumper=_Dumper, default_flow_style=False, width=_WIDE)
    return text


@contextmanager
def _explained(data: bytes, name: Path | str) -> Iterator[None]:
    try:
        yield
    except Fault as fault:
        line, column = fault.place
        raise PenstockError(f"{name}:{line}:{column}: {fault.problem}", fault.hint) from None
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        line, column = mark.line + 1, mark.column + 1
        raise PenstockError(f"{name}:{line}:{column}: not YAML: {error.problem}", "fix the line named above") from None
    except yaml.reader.ReaderError as error:
        line, column = place(data, error.position)
        raise PenstockError(f"{name}:{line}:{column}: not YAML: {error.reason}", "write it as UTF-8") from None
    except RecursionError:
        raise PenstockError(f"{name}: nested too deeply", "write it with fewer levels") from None


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml's is eight times faster
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, the base's name
        """Write a repeated list in full instead of an alias."""
        return True


class _IndentedDumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, the base's name
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, the base's name
        super().increase_indent(flow, False)


def _represent(dumper: Any, text: str) -> yaml.Node:
    """Represent text, quoted if Kubernetes would read it as another type; PyYAML decides by YAML 1.1."""
    style = None if isinstance(scalars.plain(text), str) else '"'
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Dumper.add_representer(str, _represent)
_IndentedDumper.add_representer(str, _represent)
_WIDE = 10**9

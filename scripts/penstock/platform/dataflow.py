"""dataflow.yaml: the nodes and arrows of the architecture picture, and the proof of each arrow."""

from __future__ import annotations

from pathlib import Path

from msgspec import field

from penstock.core.errors import Findings, PenstockError
from penstock.core.model import Strict, load
from penstock.core.nearest import ending

FILE = "dataflow.yaml"


class Unproven(PenstockError):
    """A hop that the manifests don't confirm."""

    def __init__(self, message: str) -> None:
        super().__init__(message, f"fix the component, or the arrow in {FILE}, then `inv hydrate`")


class Node(Strict, frozen=True):
    """A node of the picture: a container of the platform.

    `workload` is namespace/name, `config` the path of its configuration file inside the container. `outside` maps
    environments that don't contain the node to its external replacement there.
    """

    title: str
    workload: str
    container: str
    group: str = ""
    config: str = ""
    outside: dict[str, str] = {}


class Ref(Strict, frozen=True, rename="camel"):
    """The place of a setting: one of `key`, `arg`, `env`, `data` and `value`.

    `key` is a path in its configuration file (or in `file`): steps separated by dots, `*` in a step, and `[3]`,
    `[name=x]` or `[*]` for list items. `arg` is a flag, `env` a variable, `data` a key of the ConfigMap `config_map`
    (namespace/name), for programs that read it through the API. `value` is a default of the program, with `reason`.
    """

    node: str
    key: str | list[str] = ""
    file: str = ""
    arg: str = ""
    env: str = ""
    config_map: str = ""
    data: str = ""
    value: str = ""
    reason: str = ""


class Connect(Strict, frozen=True):
    """The sender's endpoint resolves to the receiver. `to` is the setting of its port, `path` the end of the URL.

    Of several endpoints one is enough, since the others may belong to other arrows; `every` requires all.
    """

    from_: Ref = field(name="from")
    to: Ref
    port: Ref | None = None
    path: str = ""
    every: bool = False


class SharedFile(Strict, frozen=True):
    """The receiver reads the file that the sender writes to the node's disk."""

    from_: Ref = field(name="from")
    to: Ref


class Assert(Strict, frozen=True):
    """A setting exists, `equals` a value or `contains` a text; with `every`, all of its values do."""

    at: Ref
    every: bool = False
    equals: str | None = None
    contains: str | None = None


class Agree(Strict, frozen=True):
    """A name that is the same in every setting."""

    name: str
    value: str
    at: list[Ref]


class Pipeline(Strict, frozen=True):
    """A pipeline of an OpenTelemetry Collector has a receiver and an exporter (or connector).

    A `*` in a name matches every component that is configured under such a name.
    """

    node: str
    pipeline: str
    receiver: str
    exporter: str


class Bucket(Strict, frozen=True):
    """The store creates the sender's bucket; senders may share one."""

    from_: Ref = field(name="from")
    made: Ref


class Instrument(Strict, frozen=True):
    """The application's namespace is among those that eBPF instruments, and not among the excluded ones."""

    application: str
    including: Ref
    excluding: Ref


class Step(Strict, frozen=True, rename="camel"):
    """One hop of a proof: exactly one of these kinds."""

    connect: Connect | None = None
    shared_file: SharedFile | None = None
    assert_: Assert | None = field(default=None, name="assert")
    agree: Agree | None = None
    pipeline: Pipeline | None = None
    bucket: Bucket | None = None
    instrument: Instrument | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds of proof that are set; a valid step has one."""
        keys = zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True)
        return [key for name, key in keys if getattr(self, name) is not None]


class Arrow(Strict, frozen=True):
    """An arrow: what it carries, over which protocol, and the hops that prove it."""

    from_: str = field(name="from")
    to: str
    carries: str
    protocol: str
    proof: list[Step]


class Contract(Strict, frozen=True):
    """The contents of dataflow.yaml: the nodes by name, and the arrows."""

    nodes: dict[str, Node]
    arrows: list[Arrow]


def read(root: Path) -> Contract:
    """The contract of a platform; raises PenstockError for an unknown key, Findings for invalid nodes and steps."""
    if not (root / FILE).is_file():
        raise PenstockError(f"{FILE} does not exist", "declare the arrows; docs/reference/files.md lists its keys")
    contract = load(root / FILE, Contract, FILE)
    findings = [line for arrow in contract.arrows for line in _faults(contract, arrow)]
    used = {name for arrow in contract.arrows for name in (arrow.from_, arrow.to)}
    findings += [f"{FILE}: no arrow connects the node `{name}`" for name in contract.nodes if name not in used]
    if findings:
        raise Findings(findings, "docs/reference/files.md lists the keys of dataflow.yaml")
    return contract


def unknown_environments(contract: Contract, environments: list[str]) -> list[str]:
    """A line for each environment under a node's `outside` that doesn't exist."""
    return [
        f"{FILE}: the node `{name}`: outside: unknown environment `{one}`{ending(one, environments)}"
        for name, node in contract.nodes.items()
        for one in node.outside
        if one not in environments
    ]


def title(arrow: Arrow, contract: Contract) -> str:
    """An arrow's name in messages: Tempo → Object storage (blocks)."""
    return f"{contract.nodes[arrow.from_].title} → {contract.nodes[arrow.to].title} ({arrow.carries})"


def _faults(contract: Contract, arrow: Arrow) -> list[str]:
    where = f"{FILE}: the arrow {arrow.from_} → {arrow.to}"
    names = [arrow.from_, arrow.to, *(ref.node for step in arrow.proof for ref in refs(step))]
    names += [step.pipeline.node for step in arrow.proof if step.pipeline]
    findings = [
        f"{where}: unknown node `{name}`{ending(name, contract.nodes)}"
        for name in dict.fromkeys(names)
        if name not in contract.nodes
    ]
    findings += [f"{where}: a step needs exactly one kind of proof" for step in arrow.proof if len(step.kinds) != 1]
    if not arrow.proof:
        findings.append(f"{where} has no proof")
    return findings


def refs(step: Step) -> list[Ref]:
    """The settings that a step reads."""
    every: list[Ref | None] = []
    if step.connect:
        every += [step.connect.from_, step.connect.to, step.connect.port]
    if step.shared_file:
        every += [step.shared_file.from_, step.shared_file.to]
    if step.assert_:
        every.append(step.assert_.at)
    if step.agree:
        every += step.agree.at
    if step.bucket:
        every += [step.bucket.from_, step.bucket.made]
    if step.instrument:
        every += [step.instrument.including, step.instrument.excluding]
    return [ref for ref in every if ref is not None]

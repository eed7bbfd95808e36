"""dataflow.yaml: the boxes and arrows of the architecture picture, and how each arrow is proven."""

from __future__ import annotations

from pathlib import Path

from msgspec import field

from penstock.core.errors import Findings, PenstockError
from penstock.core.model import Strict, load
from penstock.core.nearest import ending

FILE = "dataflow.yaml"


class Unproven(PenstockError):
    """A hop that the manifests don't have."""

    def __init__(self, message: str) -> None:
        super().__init__(message, f"fix the component, or the arrow in {FILE}, then `inv hydrate`")


class Node(Strict, frozen=True):
    """A box: a container of the platform.

    `workload` is namespace/name. `config` is the path of its configuration file as the container sees it. `outside`
    says, for environments where it isn't among the manifests, what stands there instead.
    """

    title: str
    workload: str
    container: str
    group: str = ""
    config: str = ""
    outside: dict[str, str] = {}


class Ref(Strict, frozen=True):
    """A setting of a node, in one place of four.

    `key` is a path in its configuration file (or in `file`): steps with dots between, `*` in a step, `[3]`, `[name=x]`
    and `[*]` behind a list. `arg` is a flag, `env` a variable, `data` a key of the ConfigMap `config_map`
    (namespace/name), for programs that read it through the API. `value` is what a program does by itself, where nothing
    configures it.
    """

    node: str
    key: str | list[str] = ""
    file: str = ""
    arg: str = ""
    env: str = ""
    config_map: str = ""
    data: str = ""
    value: str = ""
    why: str = ""


class Connect(Strict, frozen=True):
    """The sender's end point leads to the receiver: `to` is where that listens, `path` the end of the URL.

    Of several end points one has to, since others may be another arrow's; with `every`, all of them.
    """

    from_: Ref = field(name="from")
    to: Ref
    port: Ref | None = None
    path: str = ""
    every: bool = False


class Handover(Strict, frozen=True):
    """What the sender writes to the node's disk is what the receiver reads there."""

    from_: Ref = field(name="from")
    to: Ref


class Fact(Strict, frozen=True):
    """A setting is as it has to be: exactly `equals`, or holding the text `holds`; with `every`, all of its values."""

    at: Ref
    every: bool = False
    equals: str | None = None
    holds: str | None = None


class Agree(Strict, frozen=True):
    """One name, the same at every place."""

    name: str
    value: str
    at: list[Ref]


class Pipeline(Strict, frozen=True):
    """Inside an OpenTelemetry Collector: what one component takes in, another sends out (or hands to a connector).

    A `*` in a name stands for every component that is configured under such a name.
    """

    node: str
    pipeline: str
    receiver: str
    exporter: str


class Bucket(Strict, frozen=True):
    """The sender's bucket is one that the store makes. Two senders may share one, as those of metrics do."""

    from_: Ref = field(name="from")
    made: Ref


class Instrument(Strict, frozen=True):
    """Through eBPF: the application's namespace is among those that are instrumented, and not among the exceptions."""

    application: str
    by: Ref
    but: Ref


class Step(Strict, frozen=True):
    """One hop of a proof: exactly one of these."""

    connect: Connect | None = None
    handover: Handover | None = None
    fact: Fact | None = None
    agree: Agree | None = None
    pipeline: Pipeline | None = None
    bucket: Bucket | None = None
    instrument: Instrument | None = None

    @property
    def said(self) -> list[str]:
        """The kinds of proof that it names."""
        return [name for name in self.__struct_fields__ if getattr(self, name) is not None]


class Arrow(Strict, frozen=True):
    """An arrow: what flows, how, and the hops that prove it."""

    from_: str = field(name="from")
    to: str
    carries: str
    by: str
    proof: list[Step]


class Contract(Strict, frozen=True):
    """The whole file."""

    nodes: dict[str, Node]
    arrows: list[Arrow]


def read(root: Path) -> Contract:
    """The contract of a platform; PenstockError for an unknown key, Findings for nodes and steps that make no sense."""
    if not (root / FILE).is_file():
        raise PenstockError(f"{FILE}: not there", "write the arrows down; docs/reference/files.md has its keys")
    contract = load(root / FILE, Contract, FILE)
    findings = [line for arrow in contract.arrows for line in _faults(contract, arrow)]
    used = {name for arrow in contract.arrows for name in (arrow.from_, arrow.to)}
    findings += [f"{FILE}: no arrow leads to or from the node `{name}`" for name in contract.nodes if name not in used]
    if findings:
        raise Findings(findings, "docs/reference/files.md has the keys of dataflow.yaml")
    return contract


def strangers(contract: Contract, environments: list[str]) -> list[str]:
    """A line for every environment that a node names under `outside` and that there is not."""
    return [
        f"{FILE}: the node `{name}`: outside: unknown environment `{one}`{ending(one, environments)}"
        for name, node in contract.nodes.items()
        for one in node.outside
        if one not in environments
    ]


def title(arrow: Arrow, contract: Contract) -> str:
    """An arrow as people say it: Tempo → Object storage (blocks)."""
    return f"{contract.nodes[arrow.from_].title} → {contract.nodes[arrow.to].title} ({arrow.carries})"


def _faults(contract: Contract, arrow: Arrow) -> list[str]:
    where = f"{FILE}: the arrow {arrow.from_} → {arrow.to}"
    names = [arrow.from_, arrow.to, *(ref.node for step in arrow.proof for ref in refs(step))]
    names += [step.pipeline.node for step in arrow.proof if step.pipeline]
    findings = [
        f"{where} names the node `{name}`, which is not there{ending(name, contract.nodes)}"
        for name in dict.fromkeys(names)
        if name not in contract.nodes
    ]
    findings += [f"{where}: a step has to be exactly one kind of proof" for step in arrow.proof if len(step.said) != 1]
    if not arrow.proof:
        findings.append(f"{where} has no proof")
    return findings


def refs(step: Step) -> list[Ref]:
    """Every setting that a step looks at."""
    found: list[Ref | None] = []
    if step.connect:
        found += [step.connect.from_, step.connect.to, step.connect.port]
    if step.handover:
        found += [step.handover.from_, step.handover.to]
    if step.fact:
        found.append(step.fact.at)
    if step.agree:
        found += step.agree.at
    if step.bucket:
        found += [step.bucket.from_, step.bucket.made]
    if step.instrument:
        found += [step.instrument.by, step.instrument.but]
    return [ref for ref in found if ref is not None]

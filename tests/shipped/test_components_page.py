"""docs/reference/components.md says what the manifests of all environments hold: all of it, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from penstock.core.layout import ENGINE
from platform_components import ENVIRONMENTS, Component, components

PAGE = (ENGINE / "docs" / "reference" / "components.md").read_text()
_TICKED = re.compile(r"`([^`]+)`")
_PORT = re.compile(r"(?<![\w.])\d{2,5}(?![\w]|\.\d)")
_WORKLOAD = re.compile(r"\b(Deployment|StatefulSet|DaemonSet|CronJob|Job)s?\b|`([a-z-]+/[a-z…-]+)`")
_REPLICAS = re.compile(r"`([a-z-]+/[a-z-]+)`, (\d+) in ([\w-]+)")
_CLAIM = re.compile(r"[Cc]laim `([a-z-]+)`, (\d+[MG]i)((?:, \d+[MG]i in [\w-]+)*)")
_WORDS = ("root", "privileged", "host network", "host PID", "host IPC", "seccomp", "AppArmor")


@dataclass
class Section:
    """A component's part of the page: the rows of its table, and for each workload what it may."""

    rows: dict[str, str]
    privileges: dict[str, set[str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def ticked(self, row: str) -> set[str]:
        return set(_TICKED.findall(self.rows[row]))


def table(text: str) -> list[list[str]]:
    """The cells of every row of every table in a text, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(text: str) -> Section:
    rows, _, privileged = text.partition("\n### Why ")
    found = Section({cells[0]: cells[1] for cells in table(rows) if len(cells) == 2})
    workload = ""
    for name, may, because in table(privileged)[1:]:
        workload = name.strip("`") or workload
        found.privileges.setdefault(workload, set()).update(named(may))
        found.reasons.append(because)
    return found


def named(may: str) -> set[str]:
    """The privileges in a cell: capabilities, folders, ports and the words for the rest."""
    plain = _TICKED.sub("", may)
    read_only = " (read-only)" if "(read-only)" in may else ""
    ticked = _TICKED.findall(may)
    folders = {each + read_only for each in ticked if each.startswith("/")}
    capabilities = {each for each in ticked if each.isupper()}
    return folders | capabilities | set(_PORT.findall(plain)) | {word for word in _WORDS if word in plain}


SUMMARY, *_REST = PAGE.split("\n## ")
SECTIONS = {text.partition("\n")[0]: section(text) for text in _REST}
every = pytest.mark.parametrize("name", sorted(components()))


def facts(name: str) -> tuple[Section, Component]:
    assert name in SECTIONS, f"{name} has no section"
    return SECTIONS[name], components()[name]


def places(text: str) -> set[str]:
    return set(ENVIRONMENTS) if text == "all" else set(text.split(", "))


def test_every_component_has_a_section_and_a_row_and_nothing_else_has() -> None:
    assert list(SECTIONS) == sorted(components())
    rows = [cells[0] for cells in table(SUMMARY)[1:]]
    assert rows == [f"[{name}](#{name})" for name in sorted(components())]


@every
def test_the_summary_says_what_is_there(name: str) -> None:
    component = components()[name]
    cells = next(cells for cells in table(SUMMARY) if cells[0].startswith(f"[{name}]"))
    _, _, versions, where, data, privileged = cells
    assert set(_TICKED.findall(versions)) == component.versions
    assert places(where) == component.environments
    assert ("volume" in data) == bool(component.claims)
    assert set(_TICKED.findall(privileged)) == set(component.privileges)


@every
def test_images_and_environments(name: str) -> None:
    said, component = facts(name)
    assert said.ticked("images") == component.artifacts
    assert places(said.rows["environments"]) == component.environments


@every
def test_workloads_and_their_replicas(name: str) -> None:
    said, component = facts(name)
    workloads, kind = set(), ""
    for word, workload in _WORKLOAD.findall(said.rows["workloads"]):
        kind = word or kind
        if workload and kind:
            workloads.add((kind, workload))
    assert workloads == component.workloads
    replicas = {(workload, int(count), where) for workload, count, where in _REPLICAS.findall(said.rows["workloads"])}
    assert replicas == component.replicas


@every
def test_ports_and_services(name: str) -> None:
    said, component = facts(name)
    assert {int(port) for port in _PORT.findall(said.rows["ports"])} == component.ports
    # A key of the environments' values has a dot.
    assert {each for each in said.ticked("ports") if "." not in each} == component.services


@every
def test_claims_and_their_sizes(name: str) -> None:
    said, component = facts(name)
    claims = set()
    for claim, size, others in _CLAIM.findall(said.rows["data"]):
        sizes = dict.fromkeys(component.environments, size)
        sizes |= {where: other for other, where in re.findall(r", (\d+[MG]i) in ([\w-]+)", others)}
        claims |= {(claim, each, where) for where, each in sizes.items()}
    assert claims == component.claims


@every
def test_the_order(name: str) -> None:
    said, component = facts(name)
    assert said.ticked("after") == component.after
    assert (said.rows["after"] == "nothing") == (not component.after)


@every
def test_privileges(name: str) -> None:
    said, component = facts(name)
    assert said.privileges == component.privileges
    assert all(said.reasons)
    assert component.unrestricted == set(), "the page says that these are restricted"


def test_what_is_read_from_the_page() -> None:
    """The reader of the page itself: what it doesn't see, it can't compare."""
    assert named("`/a/b` (read-only)") == {"/a/b (read-only)"}
    assert named("`NET_RAW`, `BPF` (k3d)") == {"NET_RAW", "BPF"}
    assert named("host ports 4244, 9879") == {"4244", "9879"}
    assert _PORT.findall("9990 of the node, on 127.0.0.1 alone, k3d, 1Gi and 443.") == ["9990", "443"]
    assert len(SECTIONS) > 15

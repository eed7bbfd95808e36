"""The gate: every configuration file of every environment passes the checker of the program that reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.yaml import parse_all
from penstock.gates.config import alertmanager, cilium, collector, listed, prometheus, thanos
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.subject import Subject, subjects
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.kube.objects import ConfigMap
from penstock.platform import environments
from penstock.platform.layout import Layout
from penstock.platform.rendered import rendered
from penstock.tools import resolver

Checker = Callable[[Subject, Layout], Iterator[Check]]
# Last part of the image's name -> the checker of its configuration, and the programs that the checker runs.
CHECKERS: dict[str, tuple[Checker, list[str]]] = {
    "alertmanager": (alertmanager.checks, ["amtool"]),
    "beyla": (listed.checks, []),
    "cilium": (cilium.agent, ["cilium-agent"]),
    "fluent-bit": (listed.checks, []),
    "grafana": (listed.checks, []),
    "hubble-relay": (cilium.relay, ["hubble-relay"]),
    "loki": (listed.checks, []),
    "opentelemetry-collector-contrib": (collector.checks, ["otelcol"]),
    "operator-aws": (cilium.operator, []),
    "operator-generic": (cilium.operator, []),
    "prometheus": (prometheus.checks, ["promtool"]),
    "tempo": (listed.checks, []),
    "thanos": (thanos.checks, ["thanos"]),
}
_NO_CHECKER = "none"


_HINT = "fix the component's configuration, then `inv hydrate`"
_INVALID = Rule(
    "config/invalid",
    "A configuration that its program refuses, or a failing test of an alert.",
    "The program doesn't start, or silently ignores the setting.",
    "Fix the component's configuration, then `inv hydrate`.",
)
_UNREADABLE = Rule(
    "config/not-mounted",
    "A configuration that a container's arguments name, but no volume contains; or unreadable arguments.",
    "The program starts without it, or not at all.",
    "Fix the argument or the mount.",
)


@gate("config", rules=[_INVALID, _UNREADABLE])
def config(platform: Layout) -> Iterator[Finding | Proven]:
    """Every configuration is valid for the program that reads it, and every alert passes its tests."""
    planned: dict[str, list[Check]] = {}
    findings: list[Finding] = []
    for name in environments.chosen(platform):
        try:
            for check in _checks(platform, name):
                planned.setdefault(check.key, []).append(check)
        except PenstockError as error:
            findings.append(Finding(_UNREADABLE.id, error.message, error.hint, environments=(name,)))
    same = sorted(planned.values(), key=lambda checks: checks[0].subject)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(_run, (checks[0] for checks in same)))
    rows = []
    for checks, outcome in zip(same, outcomes, strict=True):
        where = tuple(sorted({check.environment for check in checks}))
        result = _counted(len(outcome.faults)) if outcome.faults else outcome.summary
        rows.append([", ".join(where), checks[0].subject, checks[0].deployed, checks[0].checker, result])
        findings += [
            Finding(_INVALID.id, f"{checks[0].subject}: {fault}", _HINT, environments=where) for fault in outcome.faults
        ]
    console.table(["ENVIRONMENTS", "CONFIGURATION", "READ BY", "CHECKED BY", "RESULT"], rows, console.info)
    yield from findings
    judged = sum(len(checks) for checks in same if checks[0].checker != _NO_CHECKER)
    left = sum(map(len, same)) - judged
    if not findings:
        yield Proven(f"{judged} configurations are valid (equal ones were checked once), {left} files have no checker")


def _counted(faults: int) -> str:
    return "1 fault" if faults == 1 else f"{faults} faults"


def _run(check: Check) -> Outcome:
    try:
        return check.run()
    except PenstockError as error:
        return Outcome("", (f"{error.message}; {error.hint}",))


def _checks(layout: Layout, environment: str) -> Iterator[Check]:
    """The checks of one environment, including a basic one for each ConfigMap file without a checker."""
    manifests = rendered(layout, environment)
    checked: set[str] = set()
    for subject in subjects(manifests):
        for check in _of(subject, layout):
            checked |= {check.subject, *check.covers}
            yield check
    for config_map in manifests.config_maps.values():
        for key, text in config_map.files.data.items():
            if not {str(config_map), f"{config_map}, {key}"} & checked:
                yield _unchecked(environment, config_map, key, text)


def _of(subject: Subject, layout: Layout) -> list[Check]:
    """The checks of one container; a single failing check if they can't be determined."""
    if subject.image not in CHECKERS:
        return []
    checker, programs = CHECKERS[subject.image]
    resolver.ensure(programs)  # here, since checks run in parallel and builds must not
    try:
        return list(checker(subject, layout))
    except PenstockError as error:
        failed = Outcome("", (f"{error.message.removeprefix(f'{subject.where}: ')}; {error.hint}",))
        environment = subject.rendered.environment
        return [Check(environment, subject.where, subject.deployed, _NO_CHECKER, failed.faults, lambda: failed)]


def _unchecked(environment: str, config_map: ConfigMap, key: str, text: str) -> Check:
    def parsed() -> Outcome:
        try:
            if key.endswith(".json"):
                msgspec.json.decode(text)
            elif key.endswith((".yaml", ".yml")):
                parse_all(text, key)
            else:
                return Outcome("not checked")
        except (msgspec.DecodeError, PenstockError) as error:
            return Outcome("", (" ".join(str(error).split()),))
        return Outcome("parsed only")

    return Check(environment, f"{config_map}, {key}", "", _NO_CHECKER, (text,), parsed)

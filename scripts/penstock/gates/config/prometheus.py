"""Prometheus: promtool checks its configuration, its rules and the unit tests of the rules."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.model import Json
from penstock.core.yaml import parse
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.root import root
from penstock.gates.config.subject import Subject, named, unmatched
from penstock.platform.files import MountedFile
from penstock.platform.layout import Layout
from penstock.tools import promtool
from penstock.tools.pins import PROGRAMS

_NO_RULES = "groups: []\n"


def tests(layout: Layout) -> list[Path]:
    """The files with unit tests of the rules, sorted."""
    return sorted(path for path in (layout.root / "tests" / "rules").glob("*.yaml") if path.name != "routes.yaml")


def checks(subject: Subject, layout: Layout) -> Iterator[Check]:
    """A check of the configuration, of each file of rules, and of each file of tests."""
    config = subject.config_file("config.file")
    patterns = subject.matches(config, "rule_files")
    rules = {file.path: file for files in patterns.values() for file in files}
    units = tests(layout)

    def check(name: str, inputs: list[str], run: Any) -> Check:
        checker = f"promtool {PROGRAMS['promtool'].version[1:]}"
        return Check(subject.rendered.environment, name, subject.deployed, checker, tuple(inputs), run)

    yield check(
        named(config),
        [config.text, *rules, *subject.mounts, str(subject.variables)],
        lambda: _config(subject, config, patterns),
    )
    tested = [path.read_text() for path in units]
    for rule_file in rules.values():
        yield check(
            named(rule_file),
            [rule_file.text, *tested],
            lambda file=rule_file: _rules(file, units),
        )
    texts = [text for path, file in rules.items() for text in (path, file.text)]
    for path in units if rules else []:
        yield check(
            layout.relative(path),
            [path.read_text(), *texts],
            lambda path=path: _tests(path, list(rules.values())),
        )


def _config(subject: Subject, config: MountedFile, patterns: dict[str, list[MountedFile]]) -> Outcome:
    rules = [file.path for files in patterns.values() for file in files]
    with root(subject) as folder:
        for path in rules:
            folder.path(path).write_text(_NO_RULES)  # the rules have their own check
        faults = [folder.inward(fault) for fault in promtool.check_config(folder.path(config.path), subject.variables)]
    unread = list(unmatched(subject, "rule_files", patterns))
    return Outcome(f"valid; files of rules: {len(rules)}", tuple(faults or unread))


def _rules(file: MountedFile, units: list[Path]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="penstock-config-") as folder:
        path = Path(folder) / file.key
        path.write_text(file.text)
        faults = promtool.check_rules(path)
    if faults:
        return Outcome("", tuple(faults))
    alerts = [rule["alert"] for group in _groups(file) for rule in group.get("rules", []) if "alert" in rule]
    fired = {name for unit in units for name in _fired(unit)}
    missing = [f"alert {name}: no test in tests/rules makes it fire; add one" for name in alerts if name not in fired]
    count = sum(len(group.get("rules", [])) for group in _groups(file))
    return Outcome(f"rules: {count}; alerts, each with a test: {len(alerts)}", tuple(missing))


def _groups(file: MountedFile) -> list[Json]:
    values = parse(file.text, file.key)
    return values.get("groups") or [] if isinstance(values, dict) else []


def _fired(unit: Path) -> Iterator[str]:
    """The names of the alerts that a file of tests expects to fire."""
    values = parse(unit.read_bytes(), unit.name)
    for case in values.get("tests") or [] if isinstance(values, dict) else []:
        for expected in case.get("alert_rule_test") or []:
            if expected.get("exp_alerts"):
                yield str(expected.get("alertname"))


def _tests(unit: Path, rules: list[MountedFile]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="penstock-config-") as folder:
        for file in rules:
            (Path(folder) / file.key).write_text(file.text)
        if (Path(folder) / unit.name).exists():
            raise PenstockError(f"{unit}: a file of rules has the same name", "rename the file of tests")
        faults = promtool.test_rules(Path(shutil.copy(unit, folder)))
        values = parse(unit.read_bytes(), unit.name)
        shown = [fault.replace(f"{folder}/", "") for fault in faults]
    return Outcome(f"passing tests: {len(values.get('tests') or [])}", tuple(shown))

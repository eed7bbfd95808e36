"""Alertmanager: amtool checks its configuration and the receivers of its routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.core.model import Strict, convert
from penstock.core.yaml import parse
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.root import Root, root
from penstock.gates.config.subject import Subject, named, unmatched
from penstock.platform.files import MountedFile
from penstock.platform.layout import Layout
from penstock.tools import amtool
from penstock.tools.pins import PROGRAMS


class Route(Strict, frozen=True):
    """The labels of an alert and its expected receiver; several, separated by commas, if a route continues."""

    labels: dict[str, str]
    receiver: str


def checks(subject: Subject, layout: Layout) -> Iterator[Check]:
    """A check of the configuration, and one of the routes in tests/rules/routes.yaml."""
    config = subject.config_file("config.file")
    routes = layout.root / "tests" / "rules" / "routes.yaml"
    checker = f"amtool {PROGRAMS['amtool'].version[1:]}"
    inputs = tuple(text for file in subject.files.values() for text in (file.path, file.text))

    templates = subject.matches(config, "templates")
    covered = tuple(named(file) for files in templates.values() for file in files)

    def valid() -> Outcome:
        with root(subject) as files:
            faults = [files.inward(fault) for fault in amtool.check_config(files.path(config.path))]
        return Outcome(f"valid; templates: {len(covered)}", (*faults, *unmatched(subject, "templates", templates)))

    environment = subject.rendered.environment
    yield Check(environment, named(config), subject.deployed, checker, inputs, valid, covered)
    text = routes.read_text() if routes.is_file() else ""
    name = f"{layout.relative(routes)} on {named(config)}"
    yield Check(environment, name, subject.deployed, checker, (*inputs, text), lambda: _routed(subject, config, routes))


def _routed(subject: Subject, config: MountedFile, routes: Path) -> Outcome:
    if not routes.is_file():
        return Outcome("", ("the file is missing: list `labels` and the expected `receiver` of alerts",))
    expected = convert(parse(routes.read_bytes(), routes.name), list[Route], routes.name)
    with root(subject) as files:
        if amtool.check_config(files.path(config.path)):
            return Outcome("not checked: the configuration is invalid")
        faults = [fault for route in expected for fault in _misrouted(files, config, route)]
    return Outcome(f"routes with the expected receiver: {len(expected)}", tuple(faults))


def _misrouted(files: Root, config: MountedFile, route: Route) -> Iterator[str]:
    reached = amtool.receivers(files.path(config.path), route.labels)
    if reached != route.receiver:
        labels = ", ".join(f"{name}={value}" for name, value in route.labels.items())
        yield f"{{{labels}}}: the receiver is `{reached}`, not `{route.receiver}`"

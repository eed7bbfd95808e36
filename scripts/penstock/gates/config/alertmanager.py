"""Alertmanager: its configuration, and where its routes lead, by amtool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.core.layout import Layout
from penstock.core.model import Strict, convert
from penstock.core.yaml import parse
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.root import Root, root
from penstock.gates.config.subject import Subject, lost, named
from penstock.platform.files import MountedFile
from penstock.tools import amtool
from penstock.tools.pins import PROGRAMS


class Route(Strict, frozen=True):
    """An alert, and the receiver that it has to reach; several, with commas between, where a route continues."""

    labels: dict[str, str]
    receiver: str


def checks(subject: Subject, layout: Layout) -> Iterator[Check]:
    """The configuration, and the routes of tests/rules/routes.yaml."""
    config = subject.config_file("config.file")
    routes = layout.root / "tests" / "rules" / "routes.yaml"
    checker = f"amtool {PROGRAMS['amtool'].version[1:]}"
    inputs = tuple(text for file in subject.files.values() for text in (file.path, file.text))

    templates = subject.named_by(config, "templates")
    covered = tuple(named(file) for found in templates.values() for file in found)

    def valid() -> Outcome:
        with root(subject) as made:
            faults = [made.inward(fault) for fault in amtool.check_config(made.path(config.path))]
        return Outcome(f"valid; templates: {len(covered)}", (*faults, *lost(subject, "templates", templates)))

    environment = subject.rendered.environment
    yield Check(environment, named(config), subject.deployed, checker, inputs, valid, covered)
    text = routes.read_text() if routes.is_file() else ""
    name = f"{layout.relative(routes)} on {named(config)}"
    yield Check(environment, name, subject.deployed, checker, (*inputs, text), lambda: _routed(subject, config, routes))


def _routed(subject: Subject, config: MountedFile, routes: Path) -> Outcome:
    if not routes.is_file():
        return Outcome("", ("not there: write a list of `labels` and the `receiver` that they have to reach",))
    wanted = convert(parse(routes.read_bytes(), routes.name), list[Route], routes.name)
    with root(subject) as made:
        if amtool.check_config(made.path(config.path)):
            return Outcome("not tried: the configuration is not valid")
        faults = [fault for route in wanted for fault in _lost(made, config, route)]
    return Outcome(f"routes that lead where they should: {len(wanted)}", tuple(faults))


def _lost(made: Root, config: MountedFile, route: Route) -> Iterator[str]:
    reached = amtool.receivers(made.path(config.path), route.labels)
    if reached != route.receiver:
        labels = ", ".join(f"{name}={value}" for name, value in route.labels.items())
        yield f"{{{labels}}}: goes to `{reached}`, not to `{route.receiver}`"

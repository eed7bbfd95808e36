"""Thanos: thanos checks its arguments and the bucket's configuration, a schema checks the file of endpoints."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from penstock.gates.config import listed
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.subject import Subject, named
from penstock.platform.layout import Layout
from penstock.tools import thanos
from penstock.tools.pins import PROGRAMS

_BUCKET = "objstore.config-file"
_ENDPOINTS = "endpoint.sd-config-file"


def checks(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of the arguments, and of the bucket's configuration and the file of endpoints if there are any."""
    checker = f"thanos {PROGRAMS['thanos'].version[1:]}"
    environment = subject.rendered.environment
    argv = [argument for argument in subject.argv if argument != "thanos"]
    yield Check(
        environment,
        f"{subject.where}, arguments",
        subject.deployed,
        checker,
        tuple(argv),
        lambda: Outcome("valid arguments", tuple(thanos.check_arguments(argv))),
    )
    if subject.flag(_BUCKET):
        file = subject.config_file(_BUCKET)
        yield Check(environment, named(file), subject.deployed, checker, (file.text,), lambda: _bucket(file.text))
    if subject.flag(_ENDPOINTS):
        yield listed.against(subject, listed.read("thanos"), subject.config_file(_ENDPOINTS))


def _bucket(text: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="penstock-config-") as folder:
        path = Path(folder) / "objstore.yml"
        path.write_text(text)
        return Outcome("valid bucket", tuple(thanos.check_objstore(path)))

"""Thanos: buckets and command lines by thanos itself, the file of endpoints by our list of its keys."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from penstock.core.layout import Layout
from penstock.gates.config import keylist, listed
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.subject import Subject, named
from penstock.tools import thanos
from penstock.tools.pins import PROGRAMS

_BUCKET = "objstore.config-file"
_ENDPOINTS = "endpoint.sd-config-file"


def checks(subject: Subject, _: Layout) -> Iterator[Check]:
    """The arguments, the bucket's configuration and the file of endpoints, where there are such."""
    checker = f"thanos {PROGRAMS['thanos'].version[1:]}"
    environment = subject.rendered.environment
    words = [word for word in subject.words if word != "thanos"]
    yield Check(
        environment,
        f"{subject.where}, arguments",
        subject.deployed,
        checker,
        tuple(words),
        lambda: Outcome("known and of their types", tuple(thanos.check_arguments(words))),
    )
    if subject.flag(_BUCKET):
        file = subject.config_file(_BUCKET)
        yield Check(environment, named(file), subject.deployed, checker, (file.text,), lambda: _bucket(file.text))
    if subject.flag(_ENDPOINTS):
        yield listed.against(subject, keylist.read("thanos"), subject.config_file(_ENDPOINTS))


def _bucket(text: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="penstock-config-") as folder:
        path = Path(folder) / "objstore.yml"
        path.write_text(text)
        return Outcome("makes a client", tuple(thanos.check_objstore(path)))

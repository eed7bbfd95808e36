"""inv rehearse: take a temporary cluster of each changed environment from the base to the working tree, and back."""

from __future__ import annotations

import sys
from dataclasses import replace

import msgspec

from penstock.cluster.upgrade import rehearse as upgrade
from penstock.core import console
from penstock.gates.rehearse_upgrade import findings, summary
from penstock.hydrate.selection import Selection
from penstock.kube.ref import ObjectRef
from penstock.platform.environments import Wanted
from penstock.platform.layout import find_platform
from penstock.review.rehearsal import Leg, Passage, Rehearsal

_TITLES: dict[Leg, str] = {"base": "the base", "head": "to the change", "back": "back to the base"}


def rehearse(base: str, environment: Wanted, every: bool, as_json: bool, platform: str = "", shard: str = "") -> None:
    """Rehearse the change in one environment of each class that it touches; exit with 1 if a failure stayed.

    With `every`, rehearse it in each environment.
    """
    layout = replace(Selection(shard=shard).of(find_platform(platform)), every=every)
    review = upgrade.reviewed(layout, base, environment)
    touched: list[str] = []
    for each in review.environments:
        if reason := upgrade.untouched(layout, each, base):
            console.info(f"{each.name}: skipped: {reason}")
        else:
            touched.append(each.name)
    done: list[Rehearsal] = []
    for rehearsal in upgrade.rehearsals(layout, review, touched, base):
        done.append(rehearsal)
        if not as_json:
            _show(done[-1])
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(done)).decode())
    failed = [finding for each in done for finding in findings(each)]
    for finding in failed:
        console.error(f"{', '.join(finding.environments)}: {finding.message} [{finding.rule}]")
        console.hint(finding.hint)
    if failed:
        sys.exit(1)


def _show(rehearsal: Rehearsal) -> None:
    for passage in rehearsal.passages:
        console.out(console.coloured(f"{rehearsal.environment}: {_TITLES[passage.leg]}", "bold"))
        rows = [[span.component, _seconds(span.applied), _seconds(span.ready)] for span in passage.spans]
        console.table(["COMPONENT", "BEGUN", "READY"], rows)
        for line in _lines(passage):
            console.out(f"  {line}")
    if not any(True for _ in findings(rehearsal)):
        console.good(f"{rehearsal.environment}: {summary(rehearsal)}")


def _seconds(value: float | None) -> str:
    return "-" if value is None else console.seconds(value)


def _lines(passage: Passage) -> list[str]:
    lines = [
        f"{refusal.component} failed for {console.seconds(refusal.until - refusal.since)}: {refusal.message}"
        for refusal in passage.refusals
        if refusal.until is not None
    ]
    for what in ("created", "pruned", "recreated", "rolled"):
        lines += [f"{what}: {ObjectRef.parse(key)}" for key in getattr(passage, what)]
    return lines

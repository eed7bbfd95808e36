"""What the rehearsal of a change saw: the step from base to head and back, on a real control plane with the real Flux.

All times are seconds since the leg began.
"""

from __future__ import annotations

from typing import Literal

from penstock.review.part import Part

Leg = Literal["base", "head", "back"]


class Span(Part, frozen=True):
    """A component's Kustomization in a leg, from the first attempt of Flux to Ready; None for what never happened."""

    component: str
    applied: float | None = None
    ready: float | None = None
    retries: int = 0


class Refusal(Part, frozen=True):
    """What Flux reported for a component, in the API server's own words. `until` is None if it stayed."""

    component: str
    message: str
    since: float = 0
    until: float | None = None
    objects: list[str] = []


class Passage(Part, frozen=True):
    """A leg of the rehearsal: the base until Ready, the step to the head, or the way back.

    `seconds` is the time until all was Ready, or until the timeout. Objects are ids (group/Kind/namespace/name):
    `pruned` were deleted, `recreated` have another uid, `rolled` have new pods, in the order in which these began.
    """

    leg: Leg
    ready: bool
    seconds: float
    spans: list[Span] = []
    refusals: list[Refusal] = []
    created: list[str] = []
    pruned: list[str] = []
    recreated: list[str] = []
    rolled: list[str] = []


class Rehearsal(Part, frozen=True):
    """The rehearsal of one environment. `disproved` are lines about predictions of the review that didn't come true.

    `alike` are the other environments of its class, which weren't rehearsed: they differ from it only in own values.
    """

    environment: str
    base: str
    head: str
    passages: list[Passage] = []
    disproved: list[str] = []
    alike: list[str] = []

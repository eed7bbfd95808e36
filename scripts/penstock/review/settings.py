"""review.yaml: from which severity a review fails, the deletion guard, and the rules that are switched off."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from penstock.core.errors import Findings
from penstock.core.model import Strict, load
from penstock.core.nearest import ending
from penstock.platform import lineage
from penstock.review.model import SEVERITIES, Risk

FILE = "review.yaml"
_DEFAULT = 5
_PROTECTED = [
    *("Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "StatefulSet"),
    *("GitRepository", "OCIRepository", "Bucket"),
]
Reason = Annotated[str, msgspec.Meta(min_length=1)]


class PruneSettings(Strict, frozen=True):
    """The deletion guard: more than `threshold` pruned objects, or one of a `protected` kind, need a trailer.

    A threshold above the default needs a `reason`.
    """

    threshold: Annotated[int, msgspec.Meta(ge=0)] = _DEFAULT
    protected: list[str] = msgspec.field(default_factory=lambda: [*_PROTECTED])
    reason: str = ""


class Disabled(Strict, frozen=True):
    """A rule that is switched off, and why: everywhere, or for some environments and objects.

    `objects` are patterns of names as in messages, such as `Deployment demo/*`.
    """

    rule: str
    reason: Reason
    environments: list[str] = []
    objects: list[str] = []

    def covers(self, risk: Risk, named: Collection[str]) -> bool:
        """Whether it applies to a risk in an environment, given its name and those that it extends."""
        return (
            risk.rule == self.rule
            and lineage.applies(self.environments, named)
            and (not self.objects or any(fnmatchcase(risk.name, pattern) for pattern in self.objects))
        )


class Settings(Strict, frozen=True, rename="camel"):
    """The contents of review.yaml. A review fails for risks of the severity `fail_on` and above."""

    fail_on: Literal["high", "medium", "low", "never"] = "high"
    prune: PruneSettings = PruneSettings()
    disabled: list[Disabled] = []

    def fails(self, risk: Risk) -> bool:
        """Whether a review fails for a risk."""
        return self.fail_on != "never" and SEVERITIES.index(risk.severity) <= SEVERITIES.index(self.fail_on)


def read(root: Path) -> Settings:
    """Return the settings, the defaults without the file; raises PenstockError for an unknown key or rule."""
    path = root / FILE
    if not path.is_file():
        return Settings()
    found = load(path, Settings, FILE)
    rules = _rules() if found.disabled else []
    faults = [
        f"{FILE}: unknown rule `{one.rule}`{ending(one.rule, rules)}" for one in found.disabled if one.rule not in rules
    ]
    if found.prune.threshold > _DEFAULT and not found.prune.reason:
        faults.append(f"{FILE}: prune: a threshold above {_DEFAULT} needs a reason")
    if faults:
        raise Findings(faults, "docs/reference/files.md lists the keys of review.yaml, `inv explain review` the rules")
    return found


def _rules() -> list[str]:
    from penstock.review.risks.rule import every  # each rule is a function of the settings' own model

    return [each.rule.id for each in every()]

"""The comment on a pull request: what it shows, that nothing in it is markup of a change, and that GitHub takes it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from penstock.review.markdown import LIMIT, markdown
from penstock.review.model import Change, Effect, Environment, FieldChange, Prune, Review, Risk

SCALED = Risk(
    rule="review/scaled-to-zero",
    risk="outage",
    severity="high",
    environment="k3d",
    object="apps/Deployment/town/shop",
    name="Deployment town/shop",
    message="is scaled from 2 to 0 replicas",
    fix="keep one | or not",
)
SHOP = Change(
    what="changed",
    object=SCALED.object,
    name=SCALED.name,
    component="shop",
    file="manifests/k3d/shop/deployment-shop.yaml",
    fields=[
        FieldChange(path="spec.replicas", old=2, new=0),
        FieldChange(path="metadata.annotations.checksum", old="a", new="b", noise="checksum"),
    ],
    effects=[Effect("rolled", "its pods are rolled")],
    touches=["Service town/shop", "arrow Shop → Loki (logs)", "arrow Till → Shop (sales)"],
)
GONE = Change(
    what="removed",
    object="/ConfigMap/town/old",
    name="ConfigMap town/old",
    component="shop",
    file="",
    effects=[Effect("pruned", "pruned")],
)
SMALL = Review(
    base="origin/main (0123456789ab)",
    head="HEAD (ba9876543210)",
    failures=[("k3d: risks: 1 of severity high", "fix them")],
    environments=[
        Environment(
            name="k3d",
            changes=[SHOP, GONE],
            risks=[SCALED],
            prune=Prune(objects=["ConfigMap town/old"]),
            noise={"checksum": 1},
        ),
        Environment(name="production"),
    ],
)
COMMENT = """\
## Review: origin/main (0123456789ab) → HEAD (ba9876543210)

> **k3d: risks: 1 of severity high**\\
> fix them

| environment | changed | added | removed | moved, renamed | pruned | highest risk |
|---|--:|--:|--:|--:|--:|---|
| k3d | 1 | 0 | 1 | 0 | 1 | 🔴 high |
| production | 0 | 0 | 0 | 0 | 0 | none |

### k3d

| risk | object | what | fix | rule |
|---|---|---|---|---|
| 🔴 high | Deployment town/shop | is scaled from 2 to 0 replicas | keep one \\| or not | `review/scaled-to-zero` |

<details><summary>Flux deletes 1 object</summary>

- ConfigMap town/old

</details>

<details><summary>Changes of 2 objects</summary>

**- ConfigMap town/old** removed, in shop

- pruned

**~ Deployment town/shop** changed, in shop

- its pods are rolled
- used by Service town/shop
- data flows Shop → Loki; Till → Shop

```diff
  spec.replicas
- 2
+ 0
```


</details>

Folded: 1 checksum annotation.
"""


def huge(environments: int, changes: int) -> Review:
    """A review of many long changes, the last of which is at risk."""
    lines = [f"+ line {number} {'x' * 150}" for number in range(40)]
    every = [
        Change(
            what="changed",
            object=f"/ConfigMap/town/c{number}",
            name=f"ConfigMap town/c{number}",
            component="shop",
            file="",
            fields=[FieldChange(path="data.text", lines=lines)],
        )
        for number in range(changes)
    ]
    one = Environment(
        name="",
        changes=[*every, SHOP],
        risks=[SCALED],
        prune=Prune(objects=[f"ConfigMap town/old-{number}" for number in range(changes)]),
    )
    named = [
        msgspec.structs.replace(one, name=f"e{number}", **_of_its_own(one, number)) for number in range(environments)
    ]
    return Review(base="main", head="HEAD", environments=named)


def _of_its_own(one: Environment, number: int) -> dict[str, Any]:
    """The same in other words, so that nothing is equal in two environments."""
    return {
        "changes": [msgspec.structs.replace(change, touches=[f"Service town/s{number}"]) for change in one.changes],
        "risks": [msgspec.structs.replace(risk, fix=f"fix {number}") for risk in one.risks],
        "prune": msgspec.structs.replace(one.prune, acknowledged=number),
        "hooks": [f"hook {number}"],
    }


def assert_whole(text: str) -> None:
    """GitHub takes it, and shows it as it is meant: every fold and every fence is closed."""
    assert len(text.encode()) <= LIMIT
    assert text.count("<details>") == text.count("</details>")
    assert len(re.findall("(?m)^```", text)) % 2 == 0


def test_a_comment() -> None:
    assert markdown(SMALL) == COMMENT


def test_the_same_in_another_environment_is_not_repeated() -> None:
    first = SMALL.environments[0]
    change = msgspec.structs.replace(SHOP, file="manifests/kind/shop/deployment-shop.yaml")
    same = msgspec.structs.replace(first, name="kind", changes=[change, GONE], notes=["of its own"])
    text = markdown(Review(base="a", head="b", environments=[first, same]))
    assert "| k3d, kind | 1 | 0 | 1 | 0 | 1 | 🔴 high |" in text
    assert re.findall("(?m)^### .*", text) == ["### k3d, kind", "### kind"]
    assert text.endswith("### kind\n> of its own\n\n")
    assert text.count("is scaled from 2 to 0") == 1
    other = msgspec.structs.replace(same, prune=Prune())
    apart = markdown(Review(base="a", head="b", environments=[first, other]))
    assert re.findall("(?m)^### .*|Flux deletes", apart) == ["### k3d, kind", "### k3d", "Flux deletes", "### kind"]


def test_pods_that_are_rolled_by_a_checksum_are_shown() -> None:
    checksum = FieldChange(path="metadata.annotations.checksum", old="a", new="b", noise="checksum")
    quiet = msgspec.structs.replace(SHOP, fields=[checksum], effects=[])
    rolled = msgspec.structs.replace(quiet, effects=SHOP.effects)
    shown = [
        markdown(Review(base="a", head="b", environments=[Environment(name="k3d", changes=[change])]))
        for change in (quiet, rolled)
    ]
    assert ["its pods are rolled" in text for text in shown] == [False, True]


def test_nothing_changes() -> None:
    text = markdown(Review(base="main", head="HEAD", environments=[Environment(name="k3d")]))
    assert text == "## Review: main → HEAD\n\nNothing changes in the cluster.\n"


def test_a_huge_change_loses_details_and_no_risk() -> None:
    text = markdown(huge(environments=3, changes=2000))
    assert_whole(text)
    assert text.count("| 🔴 high | Deployment town/shop | is scaled from 2 to 0 replicas |") == 3
    assert text.count("**~ Deployment town/shop** changed") == 3
    assert text.count("Flux deletes 2000 objects") == text.count("Changes of 2001 objects") == 3
    dropped = [int(number) for number in re.findall(r"… (\d+) more objects: `inv review --format json` has all", text)]
    shown = len(re.findall(r"\*\*~ ConfigMap", text)) + len(re.findall("(?m)^- ConfigMap town/old", text))
    assert sum(dropped) + shown == 3 * (2000 + 2000)


def test_what_fits_is_shown_in_full() -> None:
    text = markdown(huge(environments=1, changes=8))
    assert text.count("more lines") == 8
    assert "more objects" not in text


def test_hundreds_of_environments() -> None:
    text = markdown(huge(environments=900, changes=1))
    assert_whole(text)
    assert text.endswith("> … cut at the limit of a comment: `inv review --format json` has all\n")
    assert "| all 900 environments | 2 | 0 | 0 | 0 | 1 | 🔴 high |" in text


def test_a_value_ends_no_fence_and_a_name_is_no_markup() -> None:
    fields = [FieldChange(path="data.text", old="````\n</details>", new="b")]
    change = Change(
        what="changed", object="/ConfigMap/a/b", name="ConfigMap a/<b>@c![d", component="x", file="", fields=fields
    )
    text = markdown(Review(base="a<b", head="@c", environments=[Environment(name="k3d", changes=[change])]))
    assert "\n`````diff\n  data.text\n- ````\n</details>\n+ b\n`````\n" in text
    assert "ConfigMap a/&lt;b>&#64;c&#33;[d" in text
    assert text.startswith("## Review: a&lt;b → &#64;c\n")


def test_a_very_long_message_is_cut() -> None:
    review = Review(base="a", head="b", environments=[], failures=[("x" * 200_000, "fix it")])
    assert_whole(markdown(review))

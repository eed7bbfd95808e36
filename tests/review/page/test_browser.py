"""The page in a real browser: filters, links, folding, without JavaScript, without a request, for all readers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser_support import Scheme, Visit, browser
from penstock.review.model import Environment, FieldChange, Prune, Review
from penstock.review.page import page
from penstock.review.rehearsal import Passage, Refusal, Rehearsal, Span
from review_support import DEPLOYMENT, change, environment, review, risk

pytestmark = pytest.mark.integration
Open = Callable[..., Visit]
SHOP, CLAIM = "object-apps-Deployment-town-shop", "object-PersistentVolumeClaim-town-data"
CONFIG, SERVICE = "object-ConfigMap-town-shop", "object-Service-town-shop"
SERVICE_ID = "/Service/town/shop"


@pytest.fixture(scope="module")
def chromium(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def visit(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a review. At the end no page may have complained, or asked for anything but itself."""
    visits: list[Visit] = []

    def opened(
        found: Review | None = None,
        fragment: str = "",
        scheme: Scheme = "light",
        script: bool = True,
        width: int = 1280,
    ) -> Visit:
        file = tmp_path / f"{len(visits)}.html"
        file.write_text(page(found or review()))
        viewport = {"width": width, "height": 900}
        context = chromium.new_context(color_scheme=scheme, java_script_enabled=script, viewport=viewport)  # type: ignore[arg-type]
        visits.append(Visit(context.new_page(), file, fragment))
        return visits[-1]

    yield opened
    for each in visits:
        assert each.complaints == []
        assert each.requests == []
        each.page.context.close()


def choose(visited: Visit, dimension: str, *values: str) -> None:
    """Open the menu of a dimension, and check values in it."""
    menu = visited.page.locator(f"[data-menu={dimension}]")
    menu.locator("summary").click()
    for value in values:
        menu.get_by_label(value, exact=True).check()
    visited.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    # The page filters after the event that changed the link.
    expect(visited.page.locator("#shown")).to_contain_text(" of ")


def test_all_is_on_the_page(visit: Open) -> None:
    body = visit().page
    for text in ("The review fails", "add a trailer", "is scaled from 2 to 0 replicas", "its pods are rolled"):
        expect(body.get_by_text(text).first).to_be_visible()
    rows = body.locator("#environments tbody tr")
    expect(rows).to_have_count(2)
    assert re.split(r"\s+", rows.first.inner_text().strip()) == ["k3d", "kind", "2", "0", "1", "0", "1", "2", "high"]
    expect(body.locator("#deletions")).to_contain_text("PersistentVolumeClaim town/data protected kind")
    expect(body.locator(f"#{SHOP} .used")).to_contain_text("HTTPRoute town/shop")
    diff = body.locator(f"#{SHOP} > .body > .diff")
    assert [diff.locator(part).text_content() for part in (".path", "del", "ins")] == ["spec.replicas", "2", "0"]
    lines = body.locator(f"#{CONFIG} > .body > .diff .field > *")
    assert lines.all_text_contents() == ["data.log", "@@ -1 +1 @@", "info", "debug"]


@pytest.mark.parametrize(
    ("dimension", "value", "shown"),
    [
        ("environment", "production", [CONFIG, SHOP, SERVICE]),
        ("component", "database", [CLAIM]),
        ("class", "outage", [SHOP]),
        ("kind", "Service", [SERVICE]),
    ],
)
def test_a_filter(visit: Open, dimension: str, value: str, shown: list[str]) -> None:
    visited = visit()
    assert visited.shown(".object") == [CLAIM, CONFIG, SHOP, SERVICE]
    choose(visited, dimension, value)
    assert visited.shown(".object") == shown
    assert visited.fragment == f"?{dimension}={value}"
    expect(visited.page.locator("#shown")).to_have_text(f"{len(shown)} of 4 objects")
    visited.page.get_by_role("button", name="Clear filters").click()
    expect(visited.page.locator("#shown")).to_be_empty()
    assert visited.shown(".object") == [CLAIM, CONFIG, SHOP, SERVICE]
    assert visited.fragment == ""


def test_filters_add_up_and_a_link_to_them_can_be_shared(visit: Open) -> None:
    visited = visit()
    choose(visited, "environment", "k3d", "production")
    choose(visited, "class", "outage")
    expect(visited.page.locator("#shown")).to_have_text("1 of 4 objects")
    assert visited.fragment == "?environment=k3d,production&class=outage"
    assert visited.shown(".object") == [SHOP]
    assert visited.page.locator(".risk:visible").count() == 1
    again = visit(fragment=f"#{visited.fragment}")
    assert again.shown(".object") == [SHOP]
    expect(again.page.locator("[data-menu=environment] summary")).to_have_text("Environment: 2")


def test_filters_that_nothing_matches(visit: Open) -> None:
    visited = visit(fragment="#?component=database&kind=Service")
    assert visited.shown(".object") == []
    expect(visited.page.get_by_text("No object matches the filters.")).to_be_visible()
    visited = visit(fragment="#?kind=Unknown%")
    assert visited.shown(".object") == [CLAIM, CONFIG, SHOP, SERVICE]


def test_a_risk_leads_to_its_object(visit: Open) -> None:
    visited = visit(fragment="#?environment=kind")
    visited.page.get_by_role("button", name="Fold all").click()
    expect(visited.page.locator(f"#{SHOP} > .body")).to_be_hidden()
    visited.page.locator("#risks").get_by_role("link", name="Deployment town/shop").click()
    expect(visited.page.locator(f"#{SHOP} > .body")).to_be_visible()
    expect(visited.page.locator(f"#{SHOP}")).to_be_in_viewport()
    expect(visited.page.locator(f"#{SHOP} > summary")).to_be_focused()
    assert visited.fragment == f"{SHOP}?environment=kind"
    visited.page.go_back()
    assert visited.fragment == "?environment=kind"
    assert visited.shown(".object") == [CLAIM, CONFIG, SHOP]


def test_a_deep_link_opens_its_object_even_if_filters_hide_it(visit: Open) -> None:
    many = [change(f"/ConfigMap/town/c{number:02}") for number in range(40)]
    deep = visit(review(environment("k3d", changes=many)), "#object-ConfigMap-town-c33")
    expect(deep.page.locator("#object-ConfigMap-town-c33 > .body")).to_be_visible()
    expect(deep.page.locator("#object-ConfigMap-town-c33")).to_be_in_viewport()
    expect(deep.page.locator("#object-ConfigMap-town-c32 > .body")).to_be_hidden()
    hidden = visit(fragment=f"#{SERVICE}?kind=Deployment")
    expect(hidden.page.locator(f"#{SERVICE}")).to_be_in_viewport()
    assert hidden.fragment == SERVICE


def test_folding(visit: Open) -> None:
    visited = visit()
    noise = visited.page.locator(f"#{SHOP} .noise")
    expect(noise.locator("summary")).to_have_text("Folded: 1 checksum annotation")
    expect(noise.locator(".diff")).to_be_hidden()
    noise.locator("summary").focus()
    visited.page.keyboard.press("Enter")
    expect(noise.locator(".diff")).to_be_visible()
    visited.page.get_by_role("button", name="Fold all").click()
    expect(visited.page.locator(".object[open]")).to_have_count(0)
    visited.page.get_by_role("button", name="Unfold all").click()
    expect(visited.page.locator(".object[open]")).to_have_count(4)


def test_a_change_that_is_all_noise_is_folded_with_a_count(visit: Open) -> None:
    label = FieldChange(path="metadata.labels[chart]", old="1", new="2", noise="version")
    visited = visit(review(environment("k3d", changes=[change(DEPLOYMENT, fields=[label, label])])))
    expect(visited.page.locator(f"#{SHOP} > summary")).to_contain_text("2 version labels")
    expect(visited.page.locator(f"#{SHOP} > .body")).to_be_hidden()


def test_without_javascript_all_is_visible_and_nothing_filters(visit: Open) -> None:
    visited = visit(script=False)
    expect(visited.page.locator("#filters")).to_be_hidden()
    assert visited.shown(".object") == [CLAIM, CONFIG, SHOP, SERVICE]
    for each in (SHOP, CONFIG):
        expect(visited.page.locator(f"#{each} > .body > .diff")).to_be_visible()
    visited.page.locator("#risks").get_by_role("link", name="Deployment town/shop").click()
    expect(visited.page.locator(f"#{SHOP}")).to_be_in_viewport()


def test_the_pictures_have_texts_and_lists(visit: Open) -> None:
    body = visit().page
    expect(body.get_by_role("img", name="The components around the change").first).to_be_visible()
    figure = body.locator("figure").first
    figure.get_by_text("The same as a list").click()
    expect(figure.get_by_role("listitem").filter(has_text="router")).to_have_text(
        "router does not change; uses objects of shop; waits for namespaces"
    )
    expect(body.get_by_role("img", name="Step to the head")).to_be_visible()
    leg = body.locator(".leg").nth(1)
    leg.get_by_text("The same as a table").click()
    row = leg.get_by_role("row", name="database")
    assert row.inner_text().split("\t") == ["database", "1.5 s", "never", "0", "not Ready, refused"]
    expect(leg.locator(".refusal")).to_contain_text("spec is immutable")
    expect(body.get_by_text("Deployment town/shop was not rolled")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(visit: Open, scheme: Scheme, width: int) -> None:
    visited = visit(scheme=scheme, width=width)
    visited.page.evaluate("for (const one of document.querySelectorAll('main details:not(.menu)')) one.open = true")
    # Axe takes what the browser has not drawn yet for hidden.
    visited.page.add_style_tag(content=".component { content-visibility: visible !important }")
    assert visited.violations() == []
    assert visited.page.evaluate("document.documentElement.scrollWidth") == width
    visited.page.locator("[data-menu=component] summary").click()
    assert visited.violations() == []


def test_a_review_without_changes(visit: Open) -> None:
    quiet = Review(base="main", head="HEAD", environments=[Environment(name="k3d")])
    visited = visit(quiet)
    expect(visited.page.get_by_text("The review passes")).to_be_visible()
    expect(visited.page.get_by_text("nothing changes in the cluster")).to_be_visible()
    assert visited.violations() == []


@pytest.fixture
def fleet() -> Review:
    """A change to 60 environments that differs in the last one, has no risk in the first, and isn't in another."""
    alike = [environment(f"shop-{number}") for number in range(1, 59)]
    other = environment("shop-59", changes=[change(SERVICE_ID, "shop-59", what="added")], risks=[], prune=Prune())
    quiet = environment("shop-00", risks=[], prune=Prune())
    return review(quiet, *alike, other, Environment(name="untouched"))


def test_a_fleet_is_a_grid_by_highest_risk(visit: Open, fleet: Review) -> None:
    visited = visit(fleet)
    levels = visited.page.locator(".fleet .level")
    heads = [level.locator("p").inner_text().split() for level in levels.all()]
    assert heads[0] == ["high", "58", "environments"]
    assert heads[1:] == [["no", "risk", "2", "environments"], ["nothing", "changes", "1", "environment"]]
    expect(levels.nth(0).get_by_role("listitem")).to_have_count(58)
    assert levels.nth(1).get_by_role("link").all_text_contents() == ["shop-00", "shop-59"]
    expect(levels.nth(2).get_by_role("link")).to_have_count(0)
    assert visited.violations() == []


def test_a_tile_of_the_fleet_leads_to_what_happens_there(visit: Open, fleet: Review) -> None:
    visited = visit(fleet)
    tile = visited.page.get_by_role("link", name="shop-59", exact=True)
    tile.focus()
    visited.page.keyboard.press("Enter")
    expect(tile).to_have_attribute("aria-current", "true")
    assert visited.fragment == "objects?environment=shop-59"
    assert visited.shown(".object") == [SERVICE]
    expect(visited.page.locator("#objects")).to_be_focused()
    visited.page.get_by_role("link", name="shop-7", exact=True).click()
    expect(tile).not_to_have_attribute("aria-current", "true")
    assert visited.shown(".object") == [CLAIM, CONFIG, SHOP]
    expect(visited.page.locator("#risks")).to_be_in_viewport()


def test_a_fleet_repeats_neither_changes_nor_names(visit: Open, fleet: Review) -> None:
    visited = visit(fleet)
    assert len(visited.shown(".object")) == 4
    expect(visited.page.locator("#environments tbody tr")).to_have_count(4)
    deleted = visited.page.locator("#deletions summary")
    expect(deleted).to_contain_text("58 environments, all but shop-00, shop-59, untouched")
    expect(visited.page.locator(f"#{SHOP} > summary")).to_contain_text("59 environments, all but shop-59, untouched")
    expect(visited.page.locator(".set .chip").last).to_be_hidden()
    visited.page.locator(f"#{SHOP}").get_by_role("link", name="59 environments").click()
    expect(visited.page.locator(".set.target .chip").last).to_have_text("shop-58")
    expect(visited.page.locator(".set.target .chip").last).to_be_visible()
    assert len(page(fleet)) < 1.5 * len(page(review(fleet.environments[0], *fleet.environments[-3:])))


def test_a_handful_of_environments_is_no_fleet(visit: Open) -> None:
    expect(visit().page.locator(".fleet")).to_have_count(0)


HOSTILE = (
    "<script>window.hacked = 1</script></style></script>"
    """<img src=x onerror="window.hacked = 1">'"><b>&amp;{{ 7 * 7 }}"""
)


def test_hostile_text_is_inert(visit: Open) -> None:
    name = f"apps/Deployment/town/{HOSTILE}"
    fields = [
        FieldChange(path=HOSTILE, old=HOSTILE, new={"a": HOSTILE}),
        FieldChange(path="data", lines=[f"+{HOSTILE}"]),
        FieldChange(path=f"x{HOSTILE}", old=1, new=2, noise="order"),
    ]
    seen = Rehearsal(
        environment=HOSTILE,
        base=HOSTILE,
        head=HOSTILE,
        disproved=[HOSTILE],
        passages=[
            Passage(
                leg="head",
                ready=True,
                seconds=1,
                spans=[Span(component=HOSTILE, applied=0, ready=1)],
                refusals=[Refusal(component=HOSTILE, message=HOSTILE)],
                rolled=[HOSTILE],
            )
        ],
    )
    values = {
        "changes": [change(name, HOSTILE, HOSTILE, fields=fields, touches=[HOSTILE], before=HOSTILE)],
        "risks": [risk(name, HOSTILE, message=HOSTILE, fix=HOSTILE, rule=HOSTILE)],
        "prune": Prune(objects=[HOSTILE]),
        "notes": [HOSTILE],
        "hooks": [HOSTILE],
    }
    made = Review(
        base=HOSTILE,
        head=HOSTILE,
        environments=[environment(HOSTILE, **values)],
        rehearsals=[seen],
        notes=[HOSTILE],
        failures=[(HOSTILE, HOSTILE)],
    )
    visited = visit(made)
    assert visited.page.evaluate("window.hacked") is None
    assert visited.page.locator("script, style").count() == 3
    assert visited.page.locator("img, b").count() == 0
    expect(visited.page.locator(".diff del").first).to_have_text(HOSTILE)
    assert HOSTILE in visited.page.title()
    choose(visited, "kind", "Deployment")
    assert visited.page.locator(".object:visible").count() == 1

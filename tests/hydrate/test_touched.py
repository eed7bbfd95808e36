"""What a change can touch: `--changed` finds what the whole check finds, and leaves out what can't differ."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import MakePlatform
from fleet_support import make_fleet
from penstock.core.errors import PenstockError
from penstock.gates.finding import Finding
from penstock.gates.registry import find
from penstock.hydrate.selection import Selection
from penstock.hydrate.touched import touched
from penstock.platform.layout import Layout, Limit
from support import Platform

pytestmark = pytest.mark.integration

_CHANGED = Selection(changed="main")


@pytest.fixture(scope="module")
def _fleet(_hydrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_fleet(Platform(Path(shutil.copytree(_hydrated, tmp_path_factory.mktemp("fleet") / "platform"))))
    made.hydrate()
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("Start")
    return made.root


@pytest.fixture
def fleet(_fleet: Path, platform: MakePlatform, tmp_path: Path) -> Platform:
    """The fleet, hydrated and committed on main."""
    return Platform(Path(shutil.copytree(_fleet, tmp_path.resolve() / "fleet")))


def _limits(fleet: Platform) -> dict[str, tuple[str, ...] | None]:
    return {each.environment: each.components for each in touched(fleet.layout, "main")}


ALL = {"local": None, "north": None, "north-coast": None}


def test_an_unchanged_platform_touches_nothing(fleet: Platform) -> None:
    assert _limits(fleet) == {}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("components/greeting/values.yaml.gotmpl", dict.fromkeys(ALL, ("greeting",))),
        ("environments/north/coast.yaml", {"north-coast": ("greeting", "spaces")}),
        ("environments/cold.yaml", dict.fromkeys(("north", "north-coast"), ("greeting", "spaces"))),
        ("environments/base.yaml", dict.fromkeys(ALL, ("greeting", "spaces"))),
        ("environments/lineage/north.yaml", {"north": ()}),
        ("manifests/local/greeting/kustomization.yaml", {"local": ("greeting",)}),
        ("manifests/north/flux-system/kustomization.yaml", {"north": ()}),
        ("manifests/north/extra.yaml", {"north": ()}),
        ("components/greeting/README.md", {}),
        ("docs/page.md", {}),
        ("tests/test_it.py", {}),
        ("tests/rules/alerts.yaml", ALL),
        ("components/greeting/upstream.yaml", ALL),
        ("environments/eks/nodes.yaml", ALL),
        ("external.yaml", ALL),
        ("something.else", ALL),
    ],
)
def test_a_change_touches(fleet: Platform, path: str, expected: dict[str, tuple[str, ...] | None]) -> None:
    _append(fleet, path)
    assert _limits(fleet) == expected
    fleet.git("switch", "--quiet", "--create", "change")
    fleet.commit("Change")
    assert _limits(fleet) == expected


def test_a_component_that_is_gone_touches_where_it_was(fleet: Platform) -> None:
    shutil.rmtree(fleet.root / "components" / "greeting")
    assert _limits(fleet) == dict.fromkeys(ALL, ("greeting",))


def test_a_new_environment_is_touched_whole(fleet: Platform) -> None:
    fleet.replace("helmfile.yaml", "  north: {}\n", "  north: {}\n  south: {}\n")
    fleet.write("environments/south.yaml", "extends: north\n")
    assert _limits(fleet) == {"south": ("greeting", "spaces")}


def test_a_changed_chart_touches_the_components_that_use_it(fleet: Platform) -> None:
    _append(fleet, "charts/note/templates/configmap.yaml")
    assert _limits(fleet) == dict.fromkeys(ALL, ("greeting",))
    fleet.git("checkout", "--quiet", ".")
    _append(fleet, "charts/workload/values.yaml")
    assert _limits(fleet) == {}


def test_a_selection_limits_the_platform(fleet: Platform) -> None:
    _append(fleet, "environments/cold.yaml")
    limited = Selection(("*north*",), changed="main", shard="2/2").of(fleet.layout)
    assert limited == Layout(fleet.root, (Limit("north-coast", ("greeting", "spaces")),))
    assert Selection().of(fleet.layout) == fleet.layout
    with pytest.raises(PenstockError, match=r"unknown revision `mian`"):
        Selection(changed="mian").of(fleet.layout)


# Path -> what a change does to it; some leave the manifests stale, some break the platform.
_EDITS = {
    "components/greeting/values.yaml.gotmpl": "# note\n",
    "components/greeting/more.yaml": "a: 1\n",
    "components/greeting/README.md": "More.\n",
    "components/spaces/kustomize/base/note.yaml": "a: 1\n",
    "charts/note/templates/configmap.yaml": "  more: '1'\n",
    "charts/workload/values.yaml": "# note\n",
    "environments/base.yaml": "colour: blue\n",
    "environments/cold.yaml": "colour: red\n",
    "environments/north/coast.yaml": "colour: green\n",
    "environments/lineage/north-coast.yaml": "# edited\n",
    "environments/lineage/south.yaml": "lineage: []\n",
    "environments/eks/nodes.yaml": "a: 1\n",
    "environments/south.yaml": "extends: north\n",
    "manifests/local/greeting/configmap-greeting.yaml": "# edited\n",
    "manifests/north/greeting/extra.yaml": "a: 1\n",
    "manifests/north-coast/flux-system/kustomization.yaml": "# edited\n",
    "docs/page.md": "More.\n",
}


def _append(fleet: Platform, path: str, text: str = "# more\n") -> None:
    place = fleet.root / path
    fleet.write(path, (place.read_text() if place.is_file() else "") + text)


def _findings(fleet: Platform, selection: Selection) -> set[tuple[str, str, str, str]]:
    limited = selection.of(fleet.layout)
    found = set()
    for gate in ("hydrate-check", "references"):
        try:
            for each in find(gate).check(limited):
                if isinstance(each, Finding):
                    found |= {(each.rule, each.file, each.message, name) for name in each.environments or ("",)}
        except PenstockError as error:  # a manifest without an object, or sources that can't be read
            found.add((gate, "", error.message, ""))
    return found


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sets(st.sampled_from(sorted(_EDITS)), min_size=1, max_size=3), st.booleans())
def test_changed_finds_what_the_whole_gate_finds(fleet: Platform, paths: set[str], hydrated: bool) -> None:
    fleet.git("checkout", "--quiet", ".")
    fleet.git("clean", "--quiet", "-fd")
    for path in paths:
        _append(fleet, path, _EDITS[path])
    if hydrated:
        with contextlib.suppress(PenstockError):
            fleet.hydrate()
    assert _findings(fleet, _CHANGED) == _findings(fleet, Selection())

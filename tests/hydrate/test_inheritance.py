"""Environments that extend others: their values, overlays, digests, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fleet_support import NAMES, make_fleet
from penstock.core.errors import Findings, PenstockError
from penstock.hydrate import lineages, names, select
from penstock.hydrate.fast import fast_findings
from penstock.platform import environments, lineage
from support import PLATFORMS, Platform


@pytest.fixture
def fleet(tmp_path: Path) -> Platform:
    """The fleet, not hydrated."""
    return make_fleet(Platform(Path(shutil.copytree(PLATFORMS / "good", tmp_path / "platform"))))


@pytest.fixture
def hydrated(good: Platform) -> Platform:
    """The fleet, hydrated."""
    make_fleet(good).hydrate()
    return good


def test_values_of_the_nearest_win(fleet: Platform) -> None:
    layers = environments.layers(fleet.layout, "north-coast")
    assert [*layers] == [f"environments/{each}.yaml" for each in ("base", "cold", "north", "north/coast")]
    values: environments.Values = {}
    for layer in layers.values():
        values = environments.merged(values, layer)
    assert (values["who"], values["wear"]) == ("wind", {"hat": 1, "gloves": 2})
    assert not {"extends", "abstract"} & values.keys()
    assert environments.cluster(fleet.layout, "north-coast").name == "coast"
    assert lineage.names(fleet.layout, "north-coast") == ("north-coast", "north", "cold")


def test_an_abstract_environment_is_none_of_the_environments(fleet: Platform) -> None:
    assert environments.names(fleet.layout) == NAMES
    with pytest.raises(PenstockError, match=r"^the environment `cold` is abstract: it has no manifests") as caught:
        environments.pick(fleet.layout, "cold")
    assert caught.value.hint == "use -e with one that extends it: north, north-coast"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, NAMES),
        ([], NAMES),
        ("", NAMES),
        ("north", ["north"]),
        ("north*", ["north", "north-coast"]),
        (["north-*", "local"], ["local", "north-coast"]),
        (["north", "nort?"], ["north"]),
    ],
)
def test_environments_are_chosen_by_names_and_patterns(
    wanted: environments.Wanted, found: list[str], fleet: Platform
) -> None:
    assert environments.pick(fleet.layout, wanted) == found


def test_a_pattern_that_chooses_nothing(fleet: Platform) -> None:
    with pytest.raises(PenstockError, match=r"^no environment matches `south-\*`: helmfile.yaml has local, north,"):
        environments.pick(fleet.layout, ["north", "south-*"])
    with pytest.raises(PenstockError, match=r"^unknown environment `nort`") as caught:
        environments.pick(fleet.layout, ["local", "nort"])
    assert caught.value.hint == "did you mean `north`?"
    with pytest.raises(PenstockError, match=r"^`north\*` is a pattern, and one"):
        environments.one(fleet.layout, "north*")


def test_verbs_take_several_environments(hydrated: Platform) -> None:
    for name in NAMES:
        (hydrated.root / f"manifests/{name}/greeting/configmap-greeting.yaml").unlink()
    ran = hydrated.run("hydrate-check", "--fast", "-e", "north-*", "-e", "local")
    assert ran.returncode == 1
    assert "manifests/local/" in ran.stderr
    assert "manifests/north-coast/" in ran.stderr
    assert "manifests/north/" not in ran.stderr
    shown = hydrated.succeed("hydrate", "-e", "north*").stdout
    assert "manifests/north/" in shown
    assert "manifests/north-coast/" in shown
    assert "manifests/local/" not in shown


def test_the_nearest_overlay_is_taken(fleet: Platform) -> None:
    def overlay(name: str) -> str | None:
        spaces = next(item for item in select.components(fleet.layout, name) if item.name == "spaces")
        return spaces.kustomization.name if spaces.kustomization else None

    assert (overlay("north"), overlay("north-coast")) == ("cold", "cold")
    fleet.write("components/spaces/kustomize/overlays/north-coast/kustomization.yaml", "resources: [../../base]\n")
    assert (overlay("north"), overlay("north-coast")) == ("cold", "north-coast")
    assert list(names.misnamed(fleet.layout, NAMES, None)) == []


@pytest.mark.parametrize(
    ("files", "said", "hint"),
    [
        (
            {"north": "extends: colt\n"},
            "environments/north.yaml: extends the unknown environment `colt`",
            "did you mean `cold`?",
        ),
        ({"north": "extends: base\n"}, "environments/north.yaml: extends `base`", "take it out"),
        ({"north": "extends:\n"}, "environments/north.yaml: `extends` is not the name of an environment", "write"),
        (
            {"cold": "extends: north\n"},
            "environments/cold.yaml: the environment extends itself: north → cold → north",
            "remove one `extends`",
        ),
        ({"north": "who: x\nextends: cold\n"}, "environments/north.yaml: `extends` comes after another key", "first"),
        ({"cold": "abstract: maybe\n"}, "environments/cold.yaml: `abstract` is neither true nor false", "write"),
        (
            {"north": "abstract: true\n"},
            "environments/north.yaml is abstract, but helmfile.yaml lists `north`",
            "take `north` out of helmfile.yaml",
        ),
        ({"north": "extends: cold\nlineage: []\n"}, "environments/north.yaml: `lineage` is the key of", "another"),
        (
            {"cold": "extends: c1\n", **{f"c{n}": f"extends: c{n + 1}\n" for n in range(1, 9)}, "c9": "who: x\n"},
            "environments/c6.yaml: north extends more than 7 environments: north → cold → c1 → c2 → c3 → c4 → c5 → c6",
            "merge some of them",
        ),
    ],
)
def test_a_wrong_head_is_one_line(files: dict[str, str], said: str, hint: str, fleet: Platform) -> None:
    for name, text in files.items():
        fleet.write(f"environments/{name}.yaml", text)
    with pytest.raises(PenstockError) as caught:
        environments.read(fleet.layout, "north")
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_two_files_of_one_name_are_refused(fleet: Platform) -> None:
    fleet.write("environments/north-coast.yaml", "who: x\n")
    with pytest.raises(PenstockError, match="are both the environment `north-coast`") as caught:
        environments.read(fleet.layout, "north-coast")
    assert "environments/north-coast.yaml and environments/north/coast.yaml" in caught.value.message


def test_a_file_that_is_no_environment_is_named(fleet: Platform) -> None:
    fleet.write("environments/north/cost.yaml", "extends: north\n")
    fleet.write("environments/warm.yaml", "abstract: true\n")
    fleet.write("environments/eks/nodes.yaml", "kind: NodePool\n")
    fleet.write("environments/cold.yaml", "who: winter\n")
    assert [line.partition(":")[0] for line in names.misnamed(fleet.layout, NAMES, None)] == [
        "environments/cold.yaml is neither abstract nor listed in helmfile.yaml",
        "environments/north/cost.yaml is not read",
        "environments/warm.yaml is not read",
    ]


def test_a_template_that_ignores_the_lineage_is_refused(fleet: Platform) -> None:
    fleet.replace("environments/helmfile.yaml.gotmpl", ".Values.lineage", ".Values.nothing")
    with pytest.raises(PenstockError, match=r"doesn't read \.Values\.lineage, but `north` has more than"):
        lineages.expected(fleet.layout, NAMES)


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("environments/cold.yaml", ["north", "north-coast"]),
        ("environments/north.yaml", ["north", "north-coast"]),
        ("environments/north/coast.yaml", ["north-coast"]),
        ("environments/local.yaml", ["local"]),
    ],
)
def test_a_change_makes_those_stale_that_extend_it(path: str, stale: list[str], hydrated: Platform) -> None:
    assert not any(fast_findings(hydrated.layout, name) for name in NAMES)
    with (hydrated.root / path).open("a") as file:
        file.write("more: 1\n")
    assert [name for name in NAMES if fast_findings(hydrated.layout, name)] == stale


def test_hydrate_renders_inherited_values(hydrated: Platform) -> None:
    for name, who in (("local", "world"), ("north", "winter"), ("north-coast", "wind")):
        text = (hydrated.root / f"manifests/{name}/greeting/configmap-greeting.yaml").read_text()
        assert f"hello {who}" in text
        assert (hydrated.root / f"manifests/{name}/spaces/namespace-town.yaml").is_file()
    assert not (hydrated.root / "manifests/cold").exists()
    assert sorted(path.name for path in (hydrated.root / "environments/lineage").iterdir()) == [
        "north-coast.yaml",
        "north.yaml",
    ]
    hydrated.check(fast=True)
    hydrated.check()


@pytest.mark.parametrize("fast", [True, False])
def test_the_generated_list_of_files_is_checked(fast: bool, hydrated: Platform) -> None:
    place = hydrated.root / "environments/lineage/north.yaml"
    kept = place.read_bytes()
    place.write_text("lineage: []\n")
    hydrated.write("environments/lineage/south.yaml", "lineage: []\n")
    with pytest.raises(Findings) as caught:
        hydrated.check(fast=fast)
    assert [line.replace(": is", " is") for line in caught.value.findings] == [
        "environments/lineage/north.yaml is not as `inv hydrate` writes it",
        "environments/lineage/south.yaml is an extra file: no environment needs it",
    ]
    hydrated.hydrate()
    assert place.read_bytes() == kept
    hydrated.check(fast=fast)


def test_an_environment_that_no_longer_extends_needs_no_list(hydrated: Platform) -> None:
    hydrated.write("environments/north.yaml", "cluster:\n  name: north\nwho: alone\n")
    hydrated.write("components/spaces/kustomize/overlays/north/kustomization.yaml", "resources: [../../base]\n")
    hydrated.replace("helmfile.yaml", "  north-coast: {}\n", "")
    for path in ("environments/cold.yaml", "environments/north/coast.yaml"):
        (hydrated.root / path).unlink()
    shutil.rmtree(hydrated.root / "components/spaces/kustomize/overlays/cold")
    hydrated.hydrate()
    assert not (hydrated.root / "environments/lineage").exists()
    hydrated.check(fast=True)

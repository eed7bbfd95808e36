"""inv review: from the merge base with the default branch to the working tree, in every format, with its exit code."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from penstock.core import yaml
from penstock.gates.registry import find
from penstock.platform.layout import ENGINE
from review_support import rehearsal
from support import Platform, copy_platform, found

pytestmark = pytest.mark.integration
TREE = "manifests/local/shop"


def config_map(name: str, **content: Any) -> str:
    metadata = {"name": name, "namespace": "town"}
    return yaml.dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **content})


def claim(name: str) -> str:
    metadata = {"name": name, "namespace": "town"}
    return yaml.dump({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata})


def deployment(replicas: int) -> str:
    pods = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "shop", "image": "a.example/b:1"}]},
    }
    return yaml.dump(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": "town"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "shop"}}, "template": pods},
        }
    )


@pytest.fixture
def shop(tmp_path: Path) -> Platform:
    """A platform on main with some manifests, and a branch for the change."""
    made = copy_platform("", tmp_path / "shop")
    for number in range(6):
        made.write(f"{TREE}/configmap-c{number}.yaml", config_map(f"c{number}", data={"a": str(number)}))
    made.write(f"{TREE}/deployment-shop.yaml", deployment(2))
    made.commit("Start")
    made.git("switch", "--quiet", "--create", "change")
    return made


def as_json(platform: Platform, *words: str) -> Any:
    return json.loads(platform.run("review", *words, "--format", "json").stdout)


def test_nothing_changes(shop: Platform) -> None:
    ran = shop.succeed("review")
    assert ran.stdout == "local: nothing changes\n"
    assert "both ends are commit" in ran.stderr


def test_the_base_is_where_the_branch_left_main(shop: Platform) -> None:
    shop.write(f"{TREE}/configmap-c0.yaml", config_map("c0", data={"a": "of the branch"}))
    shop.commit("Change")
    shop.git("switch", "--quiet", "main")
    shop.write(f"{TREE}/configmap-c1.yaml", config_map("c1", data={"a": "of main"}))
    shop.commit("Go on")
    shop.git("switch", "--quiet", "change")
    ran = shop.succeed("review", "-e", "local")
    assert "ConfigMap town/c0" in ran.stdout
    assert "ConfigMap town/c1" not in ran.stdout
    assert "ConfigMap town/c1" in shop.succeed("review", "change", "main").stdout
    assert as_json(shop, "HEAD", "HEAD~1")["head"].startswith("HEAD~1 (")
    commit = shop.git("rev-parse", "HEAD").strip()
    assert as_json(shop, commit)["base"] == commit[:12]


def test_a_risk_fails_the_review_until_it_is_switched_off(shop: Platform) -> None:
    shop.write(f"{TREE}/deployment-shop.yaml", deployment(0))
    ran = shop.run("review")
    assert ran.returncode == 1
    assert "high outage Deployment town/shop: is scaled from 2 to 0 replicas [review/scaled-to-zero]" in ran.stdout
    assert "error: local: risks: 1 of severity high" in ran.stderr
    off = {"rule": "review/scaled-to-zero", "reason": "the shop is closed", "objects": ["Deployment town/*"]}
    shop.write("review.yaml", yaml.dump({"disabled": [off]}))
    assert "scaled-to-zero" not in shop.succeed("review").stdout
    shop.write("review.yaml", yaml.dump({"disabled": [{**off, "objects": ["Deployment village/*"]}]}))
    assert shop.run("review").returncode == 1
    shop.write("review.yaml", yaml.dump({"failOn": "never"}))
    assert "scaled-to-zero" in shop.succeed("review").stdout


def test_deletions_need_a_trailer(shop: Platform) -> None:
    for number in range(6):
        (shop.root / TREE / f"configmap-c{number}.yaml").unlink()
    ran = shop.run("review")
    assert ran.returncode == 1
    assert "error: Flux prunes in local 6 objects" in ran.stderr
    trailer = "Penstock-Prune: local=6"
    assert f"end the message of a commit with: {trailer}" in ran.stderr
    shop.commit("Remove the shop\n\nPenstock-Prune: local=5")
    assert "local 6 objects (5 acknowledged)" in shop.run("review").stderr
    shop.write("notes.txt", "")
    shop.commit(f"Acknowledge\n\n{trailer}")
    assert shop.succeed("review").stderr.count("error") == 0
    [local] = as_json(shop)["environments"]
    assert (len(local["prune"]["objects"]), local["prune"]["acknowledged"]) == (6, 6)


def test_one_object_of_a_protected_kind_needs_a_trailer(shop: Platform) -> None:
    shop.write(f"{TREE}/persistentvolumeclaim-data.yaml", claim("data"))
    shop.commit("Add")
    (shop.root / TREE / "persistentvolumeclaim-data.yaml").unlink()
    ran = shop.run("review", "HEAD")
    assert "Flux prunes in local 1 object, with PersistentVolumeClaim town/data" in ran.stderr


def test_the_formats(shop: Platform) -> None:
    shop.write(f"{TREE}/deployment-shop.yaml", deployment(0))
    found = as_json(shop)
    schema = json.loads((ENGINE / "docs/reference/review.schema.json").read_text())
    jsonschema.validate(found, schema)
    sarif = json.loads(shop.run("review", "--format", "sarif").stdout)
    [result] = sarif["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("review/scaled-to-zero", "error")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == f"{TREE}/deployment-shop.yaml"
    text = shop.run("review", "--format", "markdown").stdout
    assert "| local | 1 | 0 | 0 | 0 | 0 | 🔴 high |" in text
    assert "| 🔴 high | Deployment town/shop | is scaled from 2 to 0 replicas |" in text
    assert "```diff\n  spec.replicas\n- 2\n+ 0\n```" in text
    wrong = shop.run("review", "--format", "jsn")
    assert (wrong.returncode, wrong.stderr) == (1, "error: unknown format `jsn`\n  hint: did you mean `json`?\n")


def test_a_page_in_a_file_with_the_rehearsal(shop: Platform) -> None:
    shop.write(f"{TREE}/deployment-shop.yaml", deployment(0))
    seen = shop.write("seen.json", msgspec.json.encode([rehearsal("local")]).decode())
    ran = shop.run("review", "--format", "html", "-o", "page.html", "--rehearsal", str(seen))
    assert (ran.returncode, ran.stdout) == (1, "")
    page = (shop.root / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "is scaled from 2 to 0 replicas" in page
    assert "spec is immutable" in page
    assert shop.run("review", "--format", "html", "--rehearsal", str(seen)).stdout == page
    assert as_json(shop, "--rehearsal", str(seen))["rehearsals"][0]["environment"] == "local"
    text = shop.run("review", "--rehearsal", str(seen)).stdout
    assert "rehearsal of local\n  base: Ready after 9.0 s, 2 retries\n" in text
    shop.run("review", "--rehearsal", str(seen), "--output", "page.html")
    assert (shop.root / "page.html").read_text() == text


def test_where_a_page_cannot_be_written_or_a_rehearsal_read(shop: Platform) -> None:
    hint = "  hint: give --output a file in a folder that exists\n"
    assert refused(shop, "-o", "nowhere/page.html") == (
        f"error: can't write nowhere/page.html: there is no folder nowhere\n{hint}"
    )
    assert refused(shop, "-o", "manifests") == f"error: can't write manifests: it is a folder\n{hint}"
    assert refused(shop, "--rehearsal", "none.json").startswith(
        "error: can't read the rehearsal none.json: No such file"
    )


def test_a_comment_mentions_no_user_and_holds_no_html(shop: Platform) -> None:
    shop.write(f"{TREE}/configmap-new.yaml", config_map("new"))
    shop.write(f"{TREE}/configmap-c0.yaml", config_map("c0", data={"a": "<script>@all"}))
    lines = shop.succeed("review", "--format", "markdown").stdout.splitlines()
    fence = [number for number, line in enumerate(lines) if line.startswith("```")]
    outside = [line for number, line in enumerate(lines) if not fence[0] < number < fence[1]]
    assert not [line for line in outside if "<script" in line or "@all" in line]


def test_a_renamed_and_a_moved_object(shop: Platform) -> None:
    text = (shop.root / TREE / "deployment-shop.yaml").read_text()
    (shop.root / TREE / "deployment-shop.yaml").unlink()
    shop.write(f"{TREE}/deployment-store.yaml", text.replace("name: shop\n  namespace", "name: store\n  namespace"))
    (shop.root / TREE / "configmap-c0.yaml").rename(shop.write("manifests/local/other/configmap-c0.yaml", ""))
    found = {each["name"]: each for each in as_json(shop)["environments"][0]["changes"]}
    assert (found["Deployment town/store"]["what"], found["Deployment town/store"]["before"]) == (
        "renamed",
        "apps/Deployment/town/shop",
    )
    assert (found["ConfigMap town/c0"]["what"], found["ConfigMap town/c0"]["before"]) == ("moved", "shop")


def refused(platform: Platform, *words: str) -> str:
    """The one line and its hint with which the review ends."""
    ran = platform.run("review", *words)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    return ran.stderr


def test_an_unknown_revision(shop: Platform) -> None:
    assert refused(shop, "mian") == "error: unknown revision `mian`\n  hint: did you mean `main`?\n"


def test_a_shallow_clone_without_the_base(shop: Platform, tmp_path: Path) -> None:
    shop.write("a.txt", "")
    shop.commit("Go on")
    shop.git("clone", "--quiet", "--depth=1", "--branch=change", f"file://{shop.root}", str(tmp_path / "clone"))
    clone = Platform(tmp_path / "clone")
    clone.git("update-ref", "-d", "refs/remotes/origin/change")
    clone.git("switch", "--quiet", "--detach")
    clone.git("branch", "--quiet", "-D", "change")
    said = refused(clone)
    assert said.startswith("error: no base: ")
    assert "fetch-depth: 0" in said


def test_branches_without_a_common_commit(shop: Platform) -> None:
    shop.git("switch", "--quiet", "--orphan", "alone")
    shop.write("helmfile.yaml", "")
    shop.write("components/a", "")
    shop.commit("Start again")
    assert refused(shop).startswith("error: no base: HEAD and main have no commit in common\n")


def test_a_lock_of_another_format(shop: Platform) -> None:
    shop.write("manifests/local/penstock.lock", '{"version": 2}')
    shop.commit("Of an older engine")
    shop.write("manifests/local/penstock.lock", '{"version": 99}')
    [local] = as_json(shop, "HEAD")["environments"]
    assert [note.partition(" has format ")[2][:2] for note in local["notes"][:2]] == ["2,", "99"]


def test_stale_manifests_at_both_ends(good: Platform) -> None:
    good.git("init", "--quiet", "--initial-branch=main")
    good.replace("manifests/local/greeting/configmap-greeting.yaml", "hello", "hi")
    good.commit("Edit by hand")
    good.replace("manifests/local/greeting/configmap-greeting.yaml", "hi", "bye")
    [local] = as_json(good, "HEAD")["environments"]
    edited = "manifests/local/greeting/configmap-greeting.yaml was edited by hand"
    assert [note.partition("as it is: ")[2] for note in local["notes"]] == [edited, edited]


def test_sources_that_were_not_hydrated_at_the_base(good: Platform) -> None:
    good.git("init", "--quiet", "--initial-branch=main")
    good.commit("Start")
    good.replace("components/greeting/values.yaml.gotmpl", "hello", "hi")
    good.commit("Forget to hydrate")
    good.hydrate("greeting")
    [local] = as_json(good, "HEAD")["environments"]
    [note] = local["notes"]
    assert note.startswith("stale at HEAD (")
    assert "manifests/local/greeting was hydrated before components/greeting changed" in note
    good.commit("Hydrate")
    good.replace("components/greeting/values.yaml.gotmpl", "hi", "bye")
    good.hydrate("greeting")
    [local] = as_json(good, "HEAD")["environments"]
    assert (len(local["changes"]), local["notes"]) == (1, [])


def test_a_dirty_tree(shop: Platform) -> None:
    shop.write(f"{TREE}/configmap-c0.yaml", config_map("c0", data={"a": "new"}))
    notes = as_json(shop)["notes"]
    assert notes == ["the working tree is dirty: uncommitted changes of 1 file below manifests/ are in this review"]
    notes = as_json(shop, "main", "HEAD")["notes"]
    assert notes[-1].endswith("are not in this review")


def test_an_environment_at_one_end_only(shop: Platform) -> None:
    shop.write("manifests/staging/shop/configmap-c0.yaml", config_map("c0"))
    found = {each["name"]: each for each in as_json(shop)["environments"]}
    assert found["staging"]["notes"][0] == "the environment exists only at working tree: all of its objects are added"
    assert [change["what"] for change in found["staging"]["changes"]] == ["added"]
    assert "unknown environment `stagin`" in refused(shop, "-e", "stagin")


def test_manifests_in_a_submodule(shop: Platform) -> None:
    shop.git("rm", "-r", "--quiet", "manifests")
    commit = shop.git("rev-parse", "HEAD")
    shop.git("update-index", "--add", "--cacheinfo", f"160000,{commit},manifests")
    shop.git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "Submodule")
    assert refused(shop).startswith("error: manifests is a submodule in ")


def test_a_merge_commit(shop: Platform) -> None:
    shop.write(f"{TREE}/configmap-c0.yaml", config_map("c0", data={"a": "new"}))
    shop.commit("Change")
    shop.git("switch", "--quiet", "main")
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    shop.git(*identity, "merge", "--quiet", "--no-ff", "-m", "Merge", "change")
    found = as_json(shop, "HEAD~1", "HEAD")
    assert found["notes"] == ["HEAD is a merge commit: all that it merges since the base is compared"]
    assert len(found["environments"][0]["changes"]) == 1


def test_equal_ends(shop: Platform) -> None:
    assert "both ends are commit" in shop.succeed("review", "HEAD", "main").stderr


def test_a_binary_config_map_and_a_huge_one(shop: Platform) -> None:
    shop.write(f"{TREE}/configmap-c0.yaml", config_map("c0", binaryData={"logo": base64.b64encode(b"\0" * 9).decode()}))
    shop.write(f"{TREE}/configmap-c1.yaml", config_map("c1", data={"a": "x" * (1 << 20)}))
    out = shop.succeed("review").stdout
    assert "+ (binary, 9 bytes)" in out
    assert "larger than 1 MiB" in out
    assert len(out) < 4000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fail: high\n", "error: review.yaml:1:1: unknown key `fail`"),
        ("failOn: hihg\n", "did you mean `high`?"),
        (
            "disabled:\n- rule: review/scaled-to-zer\n  reason: none\n",
            "unknown rule `review/scaled-to-zer`; did you mean",
        ),
        ("disabled:\n- rule: review/scaled-to-zero\n", "the key `reason` is missing"),
        ("prune:\n  threshold: 50\n", "error: review.yaml: prune: a threshold above 5 needs a reason"),
    ],
)
def test_wrong_settings(shop: Platform, text: str, message: str) -> None:
    shop.write("review.yaml", text)
    assert message in refused(shop)


def test_the_gate_fails_as_the_verb_does(shop: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.root)
    assert found(find("review").check) == []
    shop.write(f"{TREE}/deployment-shop.yaml", deployment(0))
    for number in range(6):
        (shop.root / TREE / f"configmap-c{number}.yaml").unlink()
    assert [finding.rule for finding in found(find("review").check)] == ["review/prune", "review/scaled-to-zero"]


def test_the_same_in_several_environments_is_said_once(shop: Platform) -> None:
    names = ["local", *(f"shop-{number}" for number in range(1, 7))]
    for name in names:
        shop.write(f"manifests/{name}/shop/deployment-shop.yaml", deployment(2))
    shop.commit("Add environments")
    for name in names:
        shop.write(f"manifests/{name}/shop/deployment-shop.yaml", deployment(3 if name == "shop-6" else 0))
    ran = shop.run("review", "HEAD", "-e", "shop-*", "-e", "local")
    assert ran.stdout == (
        "6 environments, all but shop-6\n"
        "  shop\n"
        "    ~ Deployment town/shop\n"
        "        spec.replicas\n"
        "      - 2\n"
        "      + 0\n"
        "  high outage Deployment town/shop: is scaled from 2 to 0 replicas [review/scaled-to-zero]\n"
        "shop-6\n"
        "  shop\n"
        "    ~ Deployment town/shop\n"
        "        spec.replicas\n"
        "      - 2\n"
        "      + 3\n"
        "6 environments, all but shop-6: 1 changed, 0 added, 0 removed; 1 risk, the highest is high\n"
        "shop-6: 1 changed, 0 added, 0 removed; no risks\n"
    )
    assert "error: local, shop-1, shop-2 and 3 more: risks: 1 of severity high" in ran.stderr
    found = as_json(shop, "HEAD")
    assert [(len(group["environments"]), len(group["changes"])) for group in found["groups"]] == [
        (7, 0),
        (6, 1),
        (1, 1),
    ]
    log = json.loads(shop.run("review", "HEAD", "--format", "sarif").stdout)
    [result] = log["runs"][0]["results"]
    assert "(also in shop-1, shop-2, shop-3 and 2 more)" in result["message"]["text"]
    diff = shop.succeed("diff").stdout.splitlines()
    assert [line for line in diff if not line.startswith(" ")][:2] == ["6 environments, all but shop-6", "shop-6"]

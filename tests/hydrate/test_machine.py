"""What helmfile would read, run or fetch on the machine that hydrates is refused, wherever it is written."""

from __future__ import annotations

import pytest

from chart_support import refused
from penstock.hydrate import helmfiles
from support import Platform

COMPONENT = "components/greeting"
HELMFILE = f"{COMPONENT}/helmfile.yaml.gotmpl"
VALUES = f"{COMPONENT}/values.yaml.gotmpl"
RESOLVED = "is resolved while hydrating, so what is in Git would depend on the machine"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (VALUES, "text: ref+file:///etc/hostname"),
        (VALUES, 'text: "a: ref+file:///etc/hostname is documented"'),
        (VALUES, "text: secretref+file:///etc/hostname"),
        (VALUES, 'text: "ref+{{ "file" }}:///etc/hostname"'),
        (VALUES, 'text: {{ printf "ref+%s" "file:///etc/hostname" }}'),
        (VALUES, r'text: "\x72ef+file:///etc/hostname"'),
        (VALUES, "text: |\n  # ref+awssecrets://name"),
        (VALUES, "text: {{ .Values.who }}\n---\nmore: ref+echo://x"),
        (f"{COMPONENT}/more.yaml", "text: ref+file:///etc/hostname"),
        ("environments/local.yaml", "text: ref+file:///etc/hostname"),
        ("environments/base.yaml", "text: ref+vault://path#/key"),
        (HELMFILE, "    set: [{name: text, value: ref+file:///etc/hostname}]"),
        (HELMFILE, "      - {text: ref+file:///etc/hostname}"),
    ],
)
def test_a_reference_is_refused(path: str, line: str, good: Platform) -> None:
    held = "" if path == VALUES else (good.root / path).read_text() if (good.root / path).exists() else ""
    good.write(path, f"{held}{line}\n")
    said = refused(good.hydrate, good)
    last = (good.root / path).read_text().count("\n")
    assert said.startswith(f"{path}:{last}: `")
    assert RESOLVED in said


@pytest.mark.parametrize("text", ["# see ref+vault://x\ntext: a\n", "text: a  # not ref+vault://x\n", "text: pref+x\n"])
def test_what_is_no_reference_passes(text: str, good: Platform) -> None:
    good.release("second", values=text)
    good.write("components/second/README.md", "never write ref+file:///etc/hostname\n")
    good.hydrate()


HOOK = "hooks:\n- events: [prepare, cleanup]\n  command: touch\n  args: [/srv/x]\n"


@pytest.mark.parametrize("path", [HELMFILE, "environments/helmfile.yaml.gotmpl"])
def test_a_hook_of_helmfile_is_refused(path: str, good: Platform) -> None:
    good.write(path, (good.root / path).read_text() + HOOK)
    line = (good.root / path).read_text().count("\n") - 2
    assert refused(good.hydrate, good).startswith(
        f"{path}:{line}: helmfile's `hooks:` would run a command on this machine while hydrating (at prepare, cleanup)"
    )


def test_a_hook_of_a_release_is_refused(good: Platform) -> None:
    good.release("second", "    hooks:\n      - events: [presync]\n        command: touch\n")
    assert refused(good.hydrate, good).startswith("components/second/helmfile.yaml.gotmpl:11: helmfile's `hooks:` ")


def test_a_base_is_judged_too(good: Platform) -> None:
    good.replace(HELMFILE, "bases:\n", "bases:\n  - more.yaml\n")
    good.write(f"{COMPONENT}/more.yaml", "helmDefaults: {postRenderer: /srv/x}\n" + HOOK)
    found = refused(good.hydrate, good)
    assert f"{COMPONENT}/more.yaml:1: /srv/x leads out of the component" in found
    assert f"{COMPONENT}/more.yaml:3: helmfile's `hooks:` would run" in found


def test_a_hook_of_a_base_is_not_run(good: Platform) -> None:
    """Where only helmfile knows which file that is."""
    place = good.root / "ran"
    good.replace(HELMFILE, "bases:\n", "bases:\n  - ./{{ print `more` }}.yaml\n")
    good.write(f"{COMPONENT}/more.yaml", f"hooks:\n- events: [prepare]\n  command: touch\n  args: [{place}]\n")
    assert "helmfile's `hooks:` would run a command on this machine" in refused(good.hydrate, good)
    assert not place.exists()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("- /srv/v.yaml", "/srv/v.yaml leads out of the component"),
        ('- "/{{ "srv" }}/v.yaml"', '/{{ "srv" }}/v.yaml leads out of the component'),
        ('- {{ printf "/%s" "srv/v.yaml" }}', "may lead out of the component: begin it with `./`"),
        ("- {{ .Values.place }}", "`{{ .Values.place }}` may lead out of the component: begin it with `./`"),
        ("set: [{name: text, file: /srv/v.yaml}]", "/srv/v.yaml leads out of the component"),
        ("- {{ if true }}/srv{{ end }}/v.yaml", "/srv/v.yaml leads out of the component"),
    ],
)
def test_an_absolute_path_is_refused(entry: str, said: str, good: Platform) -> None:
    indent = "      " if entry.startswith("-") else "    "
    good.write(HELMFILE, (good.root / HELMFILE).read_text() + f"{indent}{entry}\n")
    assert f"{HELMFILE}:10: " in (found := refused(good.hydrate, good))
    assert said in found


@pytest.mark.parametrize(
    "entry",
    [
        "- {{ .Environment.Name }}.yaml",
        "- {mountPath: /var/lib/x, hooks: [{name: a}]}",
        "- {{ if isFile (printf `%s.yaml` .Environment.Name) }}local.yaml{{ end }}",
        '- {{ if "local.yaml" | isFile }}local.yaml{{ end }}',
        "- '{{`{{ .Release.Name }}`}}.yaml'",
    ],
)
def test_a_path_in_the_component_passes(entry: str, good: Platform) -> None:
    for name in ("local", "world", "greeting"):
        good.write(f"{COMPONENT}/{name}.yaml", "more: 1\n")
    good.write(HELMFILE, (good.root / HELMFILE).read_text() + f"      {entry}\n")
    good.hydrate()


@pytest.mark.parametrize("entry", ["- ./{{ .Values.who }}.yaml", "- {{ toJson .Values.cluster }}", "- a/b.yaml"])
def test_an_entry_that_is_no_absolute_path(entry: str, good: Platform) -> None:
    path = good.write(HELMFILE, f"---\nreleases:\n- values:\n  {entry}\n  set: [{{name: a, value: /data}}]\n")
    assert helmfiles.faults(good.layout, helmfiles.read(path)) == []


@pytest.mark.parametrize(
    "asked",
    [
        'isFile (printf "/%s" "etc/passwd")',
        'isFile "/srv/x"',
        '"/srv/x" | isFile',
        "isDir .Values.place",
        'isFile (printf "%s/etc" "")',
        'isFile "a/../../../../../etc/passwd"',
    ],
)
def test_asking_for_a_file_elsewhere_is_refused(asked: str, good: Platform) -> None:
    good.write(VALUES, f"text: {{{{ {asked} }}}}\n")
    assert refused(good.hydrate, good).startswith(f"{VALUES}:1: the template function `is")

"""Calls in helmfile's templates that don't give the same at every run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from penstock.hydrate import gotmpl
from penstock.platform.layout import ENGINE
from penstock.tools import golang
from support import REAL_ENVIRONMENT


def called(text: str) -> list[tuple[int, str]]:
    return [(line, name) for line, name, _ in gotmpl.unstable(text)]


@pytest.mark.parametrize("name", sorted(gotmpl._faults()))
def test_every_function_that_is_not_pure_is_refused(name: str) -> None:
    assert called(f"a: 1\nb: {{{{ {name} .x }}}}\n") == [(2, name)]
    assert called(f'{{{{- $x := .x | {name} "a" -}}}}') == [(1, name)]
    assert called(f"{{{{ default ({name}) .x }}}}") == [(1, name)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{{ "}}" | shuffle }}', [(1, "shuffle")]),
        ("{{ if .a\n  }}x{{ printf `}}\n` |\n uuidv4 }}", [(4, "uuidv4")]),
        ('{{ tpl "{{ now }}" . }}', [(1, "now")]),
        ('{{ now | date "2006" }}', [(1, "now")]),
        ('{{ tpl `a: {{ env "HOME" }}` . }}', [(1, "env")]),
        ("{{ keys .Values.a | first }}", [(1, "keys")]),
        ("{{ range $k := values .a }}{{ end }}{{ sortAlpha .b }}", [(1, "values")]),
        ("{{ printf `%p` .Values }}", [(1, "printf")]),
        ('{{ print 1 }}\n{{ .Values | printf "%%%-8p" }}', [(2, "printf")]),
        ('{{ tpl (printf "{{ %s }}" "now") . }}', [(1, "tpl")]),
        ('{{ $t := print "{{ no" "w }}" }}{{ tpl $t . }}', [(1, "tpl")]),
        ("{{ $t := `{{ now }}` }}{{ tpl $t . }}", [(1, "now")]),
        ("{{ $k := keys .a }}{{ $k | sortAlpha }}{{ first $k }}", [(1, "keys")]),
        ('{{ $t := .Values.t }}{{ date "2006" $t }}', [(1, "date")]),
        ("{{ durationRound .Values.since }}", [(1, "durationRound")]),
        ("{{ randInt 0 2 }} {{ date `2006` .a }}", [(1, "randInt"), (1, "date")]),
    ],
)
def test_a_call_is_found_where_it_stands(text: str, expected: list[tuple[int, str]]) -> None:
    assert called(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "now: {{ .Values.now }}",
        "{{ $now := 1 }}{{ $now }}",
        '{{ .Values.a | default "now" }}',
        "{{/* now */}}",
        "# a comment: {{ now }}",
        "keys and values {{ .Values.keys }}",
        "{{ keys .Values.a | sortAlpha | join `,` }}",
        "{{ .Values.a | values | sortAlpha }}",
        "{{ len (keys .Values.a) }}",
        '{{ if has "a" (keys .Values.a) }}x{{ end }}',
        "{{ include `date` . }}",
        '{{ toDate "2006" "2020" | date "01" }}',
        "{{ .Values.x.env }}",
        '{{ $t := toDate "2006-01-02" "2020-01-01" }}{{ date "2006" $t }}',
        '{{ $k := keys .Values.cluster }}{{ $k | sortAlpha | join "," }}',
        '{{ durationRound "2h10m5s" }}{{ "3h" | durationRound }}',
        "{{ `{{ now }}` }}",
        '{{ printf "100%%p %d" 1 }}',
        "{{ tpl .Values.text . }}{{ tpl (toYaml .Values.x) $ }}{{ tpl (.Values.x | toYaml) . }}",
        "{{ range $k, $t := .Values.texts }}{{ tpl $t . }}{{ end }}",
    ],
)
def test_a_name_is_no_call(text: str) -> None:
    assert called(text) == []


def test_what_a_template_gives_may_be_one_again() -> None:
    assert [name for _, name, _ in gotmpl.unstable("{{ `{{ now }}` }}", again=True)] == ["now"]


@pytest.mark.integration
def test_the_table_has_all_of_helmfiles_own_functions() -> None:
    """A function that a new helmfile brings fails here until functions.json classifies it."""
    argv: list[str] = [str(golang.find_go()), "list", "-m", "-f", "{{.Dir}}", "github.com/helmfile/helmfile"]
    env = {**REAL_ENVIRONMENT, **golang._ENVIRONMENT}
    listed = subprocess.run(
        argv, cwd=ENGINE / "tools" / "helmfile", env=env, capture_output=True, text=True, check=True
    )
    source = (Path(listed.stdout.strip()) / "pkg" / "tmpl" / "context_funcs.go").read_text()
    declared = source[source.index("createFuncMap()") :]
    declared = declared[declared.index("template.FuncMap{") : declared.index("\n\t}\n")]
    helmfiles = set(re.findall(r'"(\w+)":', declared))
    assert {"exec", "readFile", "requiredEnv"} <= helmfiles
    own = gotmpl.functions().helmfile
    assert helmfiles <= {name for names in own.values() for name in names}

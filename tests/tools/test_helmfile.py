"""helmfile's complaints, as they really are, made into a line that names the file and the fault."""

from __future__ import annotations

import pytest

from penstock.tools.helmfile import NotYaml, readable

FILE = "/home/somebody/a platform/components/greeting/helmfile.yaml.gotmpl"
NESTED = f"in /tmp/penstock-x1/helmfile.yaml: in .helmfiles[1]: in {FILE}: "
TEMPLATE = 'failed to render values files "config/v.yaml.gotmpl": failed to render [config/v.yaml.gotmpl], because of '
SHOWN = "components/greeting/helmfile.yaml.gotmpl"


@pytest.mark.parametrize("start", [f"in {FILE}: ", NESTED])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            TEMPLATE + 'template: stringTemplate:2:16: executing "stringTemplate" at <.Values.x>: map has no entry',
            "components/greeting/config/v.yaml.gotmpl:2:16: at <.Values.x>: map has no entry",
        ),
        (
            TEMPLATE + "template: stringTemplate:3: unclosed action started at stringTemplate:2",
            "components/greeting/config/v.yaml.gotmpl:3: unclosed action started at line 2",
        ),
        (
            "failed to read helmfile.yaml.gotmpl: reading document at index 1: yaml: unmarshal errors:\n"
            "  line 6: field namespce not found in type state.ReleaseSpec",
            f"{SHOWN}:6: unknown key `namespce`",
        ),
        (
            "failed to read helmfile.yaml.gotmpl: reading document at index 1: yaml: line 4: did not find it",
            f"{SHOWN}:4: not YAML: did not find it",
        ),
        ('values file matching "v.yaml" does not exist in "."', f"{SHOWN}: the values file v.yaml is not there"),
        (
            "yaml: line 1: did not find it",
            "components/greeting: its values are not YAML once the templates are filled in",
        ),
        ("something that nobody has seen before", f"{SHOWN}: something that nobody has seen before"),
    ],
)
def test_a_complaint_is_madereadable(start: str, fault: str, message: str) -> None:
    error = readable(start + fault)
    shown = error.message
    assert isinstance(error, NotYaml) is ("not YAML" in message)
    assert shown.startswith(message)
    assert "\n" not in shown
    assert "penstock-" not in shown


def test_silence() -> None:
    assert readable(" \n").message == "helmfile: helmfile failed and printed nothing"

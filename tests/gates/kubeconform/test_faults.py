"""Each fault of an object is one line, regardless of the program that reports it."""

from __future__ import annotations

import pytest

from penstock.gates.kubeconform import faults
from penstock.gates.kubeconform.kubernetes import Kind, schemas
from penstock.tools.apicheck import Problem
from penstock.tools.kubeconform import Verdict

INVALID = "problem validating schema. Check JSON formatting: jsonschema validation failed with 'file:///x.json#' "
LATER = Verdict(
    "a", "statusInvalid", msg=INVALID + "- at '/spec/a~1b/0': additional properties 'it\\'s', 'x' not allowed"
)
TYPES = Verdict(
    "a",
    "statusInvalid",
    msg=INVALID
    + "- at '/metadata': validation failed   - at '/metadata/labels': validation failed     "
    + "- at '/metadata/labels/a.b': got boolean, want null or string - at '/spec': missing property 'x'",
)


def test_a_field_of_a_later_version_is_named() -> None:
    assert faults.lines([], LATER, "1.35.5") == [
        "spec[a/b][0][it's]: Kubernetes 1.35.5 does not have this field",
        "spec[a/b][0].x: Kubernetes 1.35.5 does not have this field",
    ]


def test_a_field_that_both_refuse_is_reported_once() -> None:
    problem = Problem(type="Typed", field='spec[a/b][name="a"].x', detail="field not declared in schema")
    assert faults.lines([problem], LATER, "1.35.5") == [
        'spec[a/b][name="a"].x: field not declared in schema',
        "spec[a/b][0][it's]: Kubernetes 1.35.5 does not have this field",
    ]


def test_faults_that_only_the_schema_reports_are_ignored() -> None:
    assert faults.lines([], TYPES, "1.35.5") == []


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (
            Problem(type="Typed", field="data.port", detail="expected string, got &value.valueUnstructured{Value:80}"),
            "data.port: expected string, got 80",
        ),
        (Problem(type="TooLong", field="[]", detail="Too long"), "Too long"),
        (
            Problem(type="Conflict", detail='Operation cannot be fulfilled on configmaps "a": uid mismatch: the uid'),
            "metadata.uid: uid mismatch: the uid",
        ),
        (
            Problem(
                type="Conflict", detail='Operation cannot be fulfilled on configmaps "a": the object has been modified'
            ),
            "metadata.resourceVersion: the object has been modified",
        ),
    ],
)
def test_a_problem_is_one_line_that_names_the_field(problem: Problem, line: str) -> None:
    assert faults.lines([problem], None, "1.35.5") == [line]


def test_an_unreadable_file_has_its_reason_alone() -> None:
    verdict = Verdict("a", "statusError", msg='error unmarshalling resource: yaml: line 4: key "a" already set in map')
    assert faults.lines([], verdict, "1.35.5") == [verdict.msg]


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (Kind("policy", "v1beta1", "PodDisruptionBudget"), "use policy/v1"),
        (Kind("extensions", "v1beta1", "Ingress"), "use networking.k8s.io/v1"),
        (Kind("apps", "v1beta1", "Deploymnt"), "did you mean Deployment?"),
        (Kind("policy", "v1beta1", "PodSecurityPolicy"), "this version of Kubernetes has no such kind"),
        (
            Kind("scheduling.k8s.io", "v1beta1", "Workload"),
            "turn it on in the API server (--runtime-config=scheduling.k8s.io/v1beta1=true) and list "
            "scheduling.k8s.io/v1beta1 in kubernetes.apiVersions of the environment",
        ),
        (Kind("example.org", "v1", "Xylophone"), "add its CustomResourceDefinition to a component"),
    ],
)
def test_an_unserved_kind_has_a_suggestion(kind: Kind, advice: str) -> None:
    builtin = schemas("1.37.0")
    line = faults.unserved(kind, "1.37.0", builtin, builtin.served())
    assert line == f"neither Kubernetes 1.37.0 nor a definition serves {kind}: {advice}"


def test_an_api_that_the_environment_lists_is_served() -> None:
    kind = Kind("scheduling.k8s.io", "v1beta1", "Workload")
    assert kind not in schemas("1.37.0").served()
    assert kind in schemas("1.37.0").served(["scheduling.k8s.io/v1beta1"])

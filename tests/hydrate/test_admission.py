"""Webhooks whose selectors go by labels: read from what is rendered, and from the manifests of all that isn't."""

from __future__ import annotations

from penstock.core import yaml
from support import Platform

WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: judge}
webhooks:
- name: judge.example.org
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  objectSelector: {matchLabels: {judged: "yes"}}
"""
LABELLED = """
apiVersion: v1
kind: ConfigMap
metadata: {name: more, namespace: town, labels: {judged: "VALUE"}}
"""


def needed(made: Platform) -> list[str]:
    spec = yaml.parse(made.text("flux-system/kustomization-greeting.yaml"), "text")["spec"]
    return [item["name"] for item in spec["dependsOn"]]


def test_an_object_selector(good: Platform) -> None:
    good.write("components/judge/kustomize/overlays/local/kustomization.yaml", "resources: [webhook.yaml]\n")
    good.write("components/judge/kustomize/overlays/local/webhook.yaml", WEBHOOK)
    good.write("charts/note/templates/more.yaml", LABELLED.replace("VALUE", "yes"))
    good.hydrate()
    assert needed(good) == ["judge", "spaces"]
    good.write("charts/note/templates/more.yaml", LABELLED.replace("VALUE", "no"))
    good.hydrate()
    assert needed(good) == ["spaces"]
    # Now the other one changes, and the labels are those on disk.
    good.replace("components/judge/kustomize/overlays/local/webhook.yaml", '"yes"', '"no"')
    good.hydrate()
    assert needed(good) == ["judge", "spaces"]
    assert good.findings() == []

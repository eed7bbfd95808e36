package main

import (
	"encoding/json"
	"testing"
)

func TestAdmits(t *testing.T) {
	webhook := "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\nwebhooks:\n- name: w\n"
	rules := "  rules: [{apiGroups: [apps], resources: [deployments]}]\n"
	cases := []struct{ lesson, text, want string }{
		{"all", webhook + rules, `[{"groups":["apps"],"resources":["deployments"]}]`},
		{"one that may fail", webhook + rules + "  failurePolicy: Ignore\n", "null"},
		{"selectors", webhook + rules + "  namespaceSelector: {matchLabels: {a: b}}\n  objectSelector: {matchLabels: {c: d}}\n",
			`[{"groups":["apps"],"resources":["deployments"],"namespaces":{"matchLabels":{"a":"b"}},"objects":{"matchLabels":{"c":"d"}}}]`},
		{"selectors of everything", webhook + rules + "  namespaceSelector: {}\n  objectSelector: {matchLabels: {}}\n",
			`[{"groups":["apps"],"resources":["deployments"]}]`},
		{"a scope", webhook + "  rules: [{apiGroups: [''], resources: [pods], scope: Namespaced, operations: [UPDATE]}]\n",
			`[{"groups":[""],"resources":["pods"],"scope":"Namespaced"}]`},
		{"any scope", webhook + "  rules: [{apiGroups: [''], resources: [pods], scope: '*', operations: ['*']}]\n",
			`[{"groups":[""],"resources":["pods"]}]`},
		{"only what is removed", webhook + "  rules: [{apiGroups: [''], resources: [pods], operations: [DELETE, CONNECT]}]\n", "null"},
		{"a policy", "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: p}\nspec:\n  matchConstraints:\n    namespaceSelector: {matchLabels: {a: b}}\n    resourceRules: [{apiGroups: [''], resources: [pods]}]\n",
			`[{"groups":[""],"resources":["pods"],"namespaces":{"matchLabels":{"a":"b"}}}]`},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			objects, err := parseDocuments(test.text, "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(objects[0].Admits); string(got) != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

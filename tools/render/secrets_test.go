package main

import (
	"slices"
	"testing"
)

const copied = `'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"Yg=="}}'`

// Whatever a Secret holds, and wherever it lies, it is found; what only names one is not.
func TestSecretKeys(t *testing.T) {
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	cases := []struct {
		lesson, text string
		keys         []string
	}{
		{"no data", secret + "type: Opaque\nimmutable: true\n", nil},
		{"nothing in it", secret + "data: {a: '', b: null}\nstringData: {}\n", nil},
		{"data", secret + "data: {b: Yg==, a: Yg==}\n", []string{"a", "b"}},
		{"a number and a boolean", secret + "stringData: {pin: 1234, open: true}\n", []string{"open", "pin"}},
		{"no map", secret + "data: secret\n", []string{"data"}},
		{"a list", secret + "data: [secret]\n", []string{"data"}},
		{"deeper", secret + "data: {a: {b: [c]}}\n", []string{"a"}},
		{"another case", secret + "Data: {a: Yg==}\nSTRINGDATA: {b: c}\n", []string{"Data.a", "STRINGDATA.b"}},
		{"another field", secret + "binaryData: {a: Yg==}\n", []string{"binaryData.a"}},
		{"a kind in another case", "apiVersion: v1\nkind: secret\nmetadata: {name: s}\ndata: {a: Yg==}\n", []string{"a"}},
		{"merged in", secret + "x: &x {}\nstringData: {<<: {a: b}}\n", []string{"a"}},
		{"kubectl's copy", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {kubectl.kubernetes.io/last-applied-configuration: anything}\n",
			[]string{"metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]"}},
		{"a copy in another object", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: s\n  annotations: {copy: " + copied + "}\n",
			[]string{"metadata.annotations[copy]"}},
		{"a copy in a template", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\nspec:\n  template:\n    metadata:\n      annotations:\n        kubectl.kubernetes.io/last-applied-configuration: " + copied + "\n",
			[]string{"spec.template.metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]"}},
		{"inside another object", "apiVersion: example.org/v1\nkind: Bundle\nmetadata: {name: s}\nspec:\n  objects:\n  - {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: Yg==}}\n",
			[]string{"spec.objects[0].data.a"}},
		{"a name alone", "apiVersion: example.org/v1\nkind: Bundle\nmetadata: {name: s}\nspec:\n  from: {kind: Secret, name: s, key: a, data: b}\n", nil},
		{"a kind of that name", "apiVersion: example.org/v1\nkind: Secret\nmetadata: {name: s}\nspec: {a: b}\n", nil},
		{"a kind of that name with data", "apiVersion: secretmanager.example.org/v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b}\nstringData: {c: d}\n", nil},
		{"a kind of that name inside another object", "apiVersion: example.org/v1\nkind: Bundle\nmetadata: {name: s}\nspec: {apiVersion: example.org/v1, kind: Secret, metadata: {name: s}, data: {a: b}}\n", nil},
		{"a Secret inside a kind of that name", "apiVersion: example.org/v1\nkind: Secret\nmetadata: {name: s}\nspec: {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: b}}\n", []string{"spec.data.a"}},
		{"Rancher's copy", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {objectset.rio.cattle.io/applied: H4sIAAAA, objectset.rio.cattle.io/id: a}\n",
			[]string{"metadata.annotations[objectset.rio.cattle.io/applied]"}},
		{"a ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {a: b}\n", nil},
		{"in a List", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: Yg==}}\n", []string{"a"}},
		{"in a SecretList", "apiVersion: v1\nkind: SecretList\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: Yg==}}\n", []string{"a"}},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			objects, err := parseDocuments(test.text, "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(objects[0].SecretKeys, test.keys) {
				t.Errorf("got %q, want %q", objects[0].SecretKeys, test.keys)
			}
		})
	}
}

package main

import (
	"errors"
	"testing"
)

func object(text string) Object {
	return Object{ObjectKind: "ConfigMap", Name: "c", Source: "templates/c.yaml", Text: text}
}

func TestCompare(t *testing.T) {
	cases := []struct{ lesson, first, second, want string }{
		{"the same", "a: 1\n", "a: 1\n", ""},
		{"a value", "a: {b: 1}\n", "a: {b: 2}\n", ".a.b"},
		{"the first of several", "b: 1\na: 1\n", "b: 2\na: 2\n", ".a"},
		{"in a list", "a: [{b: 1}, {b: 1}]\n", "a: [{b: 1}, {b: 2}]\n", ".a[1].b"},
		{"a longer list", "a: [1]\n", "a: [1, 2]\n", ".a"},
		{"another key", "a: {b: 1}\n", "a: {c: 1}\n", ".a.b"},
		{"another type", "a: {b: 1}\n", "a: [1]\n", ".a"},
		{"an object for a scalar", "a: 1\n", "a: {b: 1}\n", ".a"},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			err := compare([]Object{object(test.first)}, []Object{object(test.second)})
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			want := "templates/c.yaml: ConfigMap/c differs between two renders at " + test.want + " (a random value, or the time?)"
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if !errors.As(err, &unstable{}) {
				t.Error("it is not told from other errors")
			}
		})
	}
	if err := compare([]Object{object("a: 1\n")}, nil); !errors.As(err, &unstable{}) {
		t.Errorf("another number of objects: got %v", err)
	}
}

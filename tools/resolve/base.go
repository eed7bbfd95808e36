package main

import (
	"os"
	"strings"

	"penstock/tools/resolve/reads"
)

// base is what the helmfiles of components start from.
type base struct {
	reads *reads.Set // of the parts that are more than values of environments
}

// base gives what is known of a base: its first parts choose the files of an environment, so that all they do is in the
// values. No part after these may change the values.
func (sharer *sharer) base(place string) *base {
	if known, ok := sharer.bases[place]; ok {
		return known
	}
	found := &base{reads: reads.New()}
	sharer.bases[place] = found
	text, err := os.ReadFile(place)
	if err != nil {
		found.reads.All = true
		return found
	}
	more := false
	for part := range strings.SplitSeq(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n---\n") {
		if !more && reads.OnlyHas(part, "environments") {
			continue
		}
		more = true
		found.reads.All = found.reads.All || !reads.IsPlain(part)
		found.reads.Template(part)
	}
	return found
}

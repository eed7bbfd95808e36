package main

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sync"
)

// functionsFile classifies every function that a template can call. The hydrator reads it too, for helmfile's templates.
//
//go:embed functions.json
var functionsFile []byte

// functionClasses are the functions of Helm's engine by what their value depends on besides their arguments.
type functionClasses struct {
	Random []string `json:"random"` // chance
	Clock  []string `json:"clock"`  // the time of day
	Order  []string `json:"order"`  // the order of a map, which Go shuffles
	Fixed  []string `json:"fixed"`  // time zone, network or cluster: each has one value here (UTC, none, none)
	Pure   []string `json:"pure"`   // nothing
}

var classes = sync.OnceValue(func() functionClasses {
	var found functionClasses
	if err := json.Unmarshal(functionsFile, &found); err != nil {
		panic(err) // it is part of the program
	}
	return found
})

// fault says why a function doesn't give the same at every render.
func (found functionClasses) fault(function string) string {
	switch {
	case slices.Contains(found.Random, function):
		return "is random"
	case slices.Contains(found.Clock, function):
		return "reads the clock"
	case slices.Contains(found.Order, function):
		return "has no order of its own"
	}
	return "isn't known"
}

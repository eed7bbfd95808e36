package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Helm reads these annotations; Flux would apply them as they are.
const (
	hookAnnotation   = "helm.sh/hook"
	weightAnnotation = "helm.sh/hook-weight"
)

// Flux builds every component by kustomize, which leaves out an object with this annotation unless its value is "false"
// (Factory.DropLocalNodes in kustomize's api/resource).
const localAnnotation = "config.kubernetes.io/local-config"

// kustomize keeps its own books in these annotations of an object and strips them when it has built
// (api/internal/utils/annotations.go, kyaml/kio/kioutil).
var bookkeeping = map[string]bool{
	"alpha.config.kubernetes.io/transformations":                      true,
	"config.k8s.io/id":                                                true,
	"config.kubernetes.io/index":                                      true,
	"config.kubernetes.io/origin":                                     true,
	"config.kubernetes.io/path":                                       true,
	"internal.config.kubernetes.io/allowKindChange":                   true,
	"internal.config.kubernetes.io/allowNameChange":                   true,
	"internal.config.kubernetes.io/annotations-migration-resource-id": true,
	"internal.config.kubernetes.io/generatorBehavior":                 true,
	"internal.config.kubernetes.io/id":                                true,
	"internal.config.kubernetes.io/index":                             true,
	"internal.config.kubernetes.io/needsHashSuffix":                   true,
	"internal.config.kubernetes.io/path":                              true,
	"internal.config.kubernetes.io/prefixes":                          true,
	"internal.config.kubernetes.io/previousKinds":                     true,
	"internal.config.kubernetes.io/previousNames":                     true,
	"internal.config.kubernetes.io/previousNamespaces":                true,
	"internal.config.kubernetes.io/refBy":                             true,
	"internal.config.kubernetes.io/seqindent":                         true,
	"internal.config.kubernetes.io/suffixes":                          true,
}

// hooks lists the events at which Helm applies an object, as Helm reads them; nil where it is no hook. An event that Helm
// doesn't know, or an empty one, is kept: Helm leaves such an object out.
func hooks(fields map[string]any) []string {
	annotations, _ := at(fields, "metadata", "annotations").(map[string]any)
	value, ok := annotations[hookAnnotation]
	if !ok {
		return nil
	}
	var events []string
	for _, event := range strings.Split(text(value), ",") {
		events = append(events, strings.ToLower(strings.TrimSpace(event)))
	}
	return events
}

// isOfHook tells the annotations of a hook.
func isOfHook(annotation string) bool {
	return annotation == hookAnnotation || strings.HasPrefix(annotation, hookAnnotation+"-")
}

// isTest tells whether an object is there only for `helm test`. One that is another hook as well is no mere test.
func isTest(events []string) bool {
	return len(events) > 0 && !slices.ContainsFunc(events, func(event string) bool {
		return event != "test" && event != "test-success" && event != "test-failure"
	})
}

// asApplied finds out what Flux makes of the annotations: whether it drops the object, and its text without those that
// only Helm and kustomize read.
func (object *Object) asApplied(fields map[string]any) error {
	annotations, _ := at(fields, "metadata", "annotations").(map[string]any)
	if value, ok := annotations[localAnnotation]; ok && text(value) != "false" {
		object.Dropped = localAnnotation + ": " + text(value)
	}
	if object.Hooks != nil {
		object.HookWeight, _ = strconv.Atoi(text(annotations[weightAnnotation])) // 0 where it is no number, as for Helm
	}
	before := len(annotations)
	maps.DeleteFunc(annotations, func(key string, _ any) bool {
		return bookkeeping[key] || object.Hooks != nil && isOfHook(key)
	})
	if len(annotations) == before {
		return nil
	}
	if len(annotations) == 0 {
		delete(fields["metadata"].(map[string]any), "annotations")
	}
	var err error
	object.applied, err = canonical(fields)
	return err
}

// finished gives the objects as the manifests have them.
func finished(objects []Object) []Object {
	for index := range objects {
		if objects[index].applied != "" {
			objects[index].Text = objects[index].applied
		}
	}
	return objects
}

package main

import "slices"

// Rule is one rule of an admission registration: which resources of which groups it judges, and of those which objects.
type Rule struct {
	Groups     []string `json:"groups"`
	Resources  []string `json:"resources"`
	Scope      string   `json:"scope,omitempty"`      // Cluster or Namespaced; empty for both
	Namespaces any      `json:"namespaces,omitempty"` // its namespaceSelector
	Objects    any      `json:"objects,omitempty"`    // its objectSelector
}

// admits lists the rules by which an object keeps others out. A webhook that may fail keeps out none.
func admits(kind string, fields map[string]any) []Rule {
	var found []Rule
	switch kind {
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		hooks, _ := fields["webhooks"].([]any)
		for _, hook := range hooks {
			if hook, ok := hook.(map[string]any); ok && text(hook["failurePolicy"]) != "Ignore" {
				found = append(found, rules(hook["rules"], hook)...)
			}
		}
	case "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy":
		constraints := at(fields, "spec", "matchConstraints")
		found = rules(at(constraints, "resourceRules"), constraints)
	}
	return found
}

// rules reads the rules that have a part in making or changing an object, with the selectors that go for all of them.
func rules(value, selectors any) []Rule {
	list, _ := value.([]any)
	var found []Rule
	for _, item := range list {
		item, ok := item.(map[string]any)
		if !ok || !judgesWrites(texts(item["operations"])) {
			continue
		}
		rule := Rule{
			Groups: texts(item["apiGroups"]), Resources: texts(item["resources"]),
			Namespaces: selector(at(selectors, "namespaceSelector")), Objects: selector(at(selectors, "objectSelector")),
		}
		if scope := text(item["scope"]); scope != "*" {
			rule.Scope = scope
		}
		found = append(found, rule)
	}
	return found
}

func judgesWrites(operations []string) bool {
	return len(operations) == 0 || slices.ContainsFunc(operations, func(operation string) bool {
		return operation == "CREATE" || operation == "UPDATE" || operation == "*"
	})
}

// selector is a label selector, or nothing where it selects everything.
func selector(value any) any {
	if blank(value) {
		return nil
	}
	return value
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/capabilities"
)

// problem is why the API server refuses an object: type is Kubernetes' reason, field its path of the field.
type problem struct {
	Type   string `json:"type"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

type judge struct {
	builtin *server
	custom  *custom
}

func newJudge(first preamble) (*judge, error) {
	// Every distribution starts kube-apiserver with --allow-privileged.
	capabilities.Setup(true, 0)
	if first.Version != "" {
		if err := emulate(first.Version); err != nil {
			return nil, err
		}
	}
	builtin, err := newServer(first.DualStack)
	if err != nil {
		return nil, err
	}
	custom, err := newCustom(builtin.store, first.CRDs)
	return &judge{builtin, custom}, err
}

// judge applies the old object and the new one over it, as Flux does; then both are forgotten.
func (j *judge) judge(next item) (answer, error) {
	defer j.builtin.store.forget()
	old, _, err := j.apply(j.inVersion(next))
	if err != nil {
		return answer{}, err
	}
	if j.isConverted(next) {
		j.builtin.store.forget()
	}
	before := j.builtin.store.template()
	replaced, known, err := j.apply(next.New)
	said := answer{Unknown: !known, Old: old, New: replaced}
	said.SameTemplate = before != nil && len(replaced) == 0 && equality.Semantic.DeepEqual(before, j.builtin.store.template())
	if err != nil || next.Old == nil || len(old) > 0 || len(replaced) == 0 {
		return said, err
	}
	if j.builtin.store.bindClaim() {
		bound, _, err := j.apply(next.New)
		said.WhenBound = len(bound) == 0
		if err != nil {
			return said, err
		}
	}
	j.builtin.store.forget()
	alone, _, err := j.apply(next.New)
	said.Alone = len(alone) > 0
	return said, err
}

// inVersion is the old object in the version of the new one: the API server converts a custom resource when it reads it,
// and without a webhook that is another apiVersion.
func (j *judge) inVersion(next item) json.RawMessage {
	var old, replaced head
	var fields map[string]json.RawMessage
	if next.Old == nil || json.Unmarshal(next.Old, &old) != nil || json.Unmarshal(next.New, &replaced) != nil {
		return next.Old
	}
	if _, builtin := j.builtin.resources[replaced.kind()]; builtin || old.APIVersion == replaced.APIVersion ||
		json.Unmarshal(next.Old, &fields) != nil || j.isConverted(next) {
		return next.Old
	}
	fields["apiVersion"], _ = json.Marshal(replaced.APIVersion)
	if converted, err := json.Marshal(fields); err == nil {
		return converted
	}
	return next.Old
}

// isConverted tells whether a webhook turns the old object into the version of the new one: into what, it alone knows.
func (j *judge) isConverted(next item) bool {
	var old, replaced head
	if next.Old == nil || json.Unmarshal(next.Old, &old) != nil || json.Unmarshal(next.New, &replaced) != nil {
		return false
	}
	return old.APIVersion != replaced.APIVersion && j.custom.webhooks[replaced.kind().GroupKind()]
}

type head struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      any `json:"name"`
		Namespace any `json:"namespace"`
	} `json:"metadata"`
}

func (h head) kind() schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(h.APIVersion, h.Kind)
}

func (j *judge) apply(raw json.RawMessage) (problems []problem, known bool, err error) {
	if raw == nil {
		return nil, false, nil
	}
	var object head
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, false, err
	}
	kind := object.kind()
	if err := j.builtin.install(kind.Group); err != nil {
		return nil, false, err
	}
	handler := http.Handler(j.builtin.generic.Handler)
	found, known := j.builtin.resources[kind]
	if !known {
		handler = j.custom.handler
		if found, known = j.custom.find(kind); !known {
			return nil, false, nil
		}
	}
	name := fmt.Sprint(object.Metadata.Name)
	if object.Metadata.Name == nil {
		return []problem{{"Required", "metadata.name", "name is required"}}, true, nil
	}
	if wrong := path.IsValidPathSegmentName(name); wrong != nil {
		return []problem{{"Invalid", "metadata.name", strings.Join(wrong, ", ")}}, true, nil
	}
	problems, stored := send(handler, address(kind, found, name, object.Metadata.Namespace), raw)
	if len(problems) == 0 && handler == j.custom.handler && stored > etcdLimit {
		problems = []problem{{"RequestEntityTooLarge", "", fmt.Sprintf("etcd takes at most %d bytes, and these are %d", etcdLimit, stored)}}
	}
	return problems, true, nil
}

func address(kind schema.GroupVersionKind, of resource, name string, namespace any) string {
	parts := []string{"apis", kind.Group, kind.Version}
	if kind.Group == "" {
		parts = []string{"api", kind.Version}
	}
	if of.namespaced {
		if namespace == nil {
			namespace = metav1.NamespaceDefault
		}
		parts = append(parts, "namespaces", fmt.Sprint(namespace))
	}
	return "/" + strings.Join(append(parts, of.name, name), "/")
}

// etcdLimit is what etcd takes by default. Definitions and custom resources are stored as the JSON that is answered; the
// limits of built-in kinds, such as a ConfigMap's, are lower.
const etcdLimit = 3 << 19

// send applies an object; stored is how long the answer is. If the object is there already, the API server's code compares
// both in here, and refuses a change of an immutable field, such as the spec.selector of a Deployment.
func send(handler http.Handler, address string, raw []byte) (problems []problem, stored int) {
	// An API server survives this as well, and answers with an internal error.
	defer func() {
		if fault := recover(); fault != nil {
			problems = []problem{{"InternalError", "", fmt.Sprintf("the API server's own code fails: %v", fault)}}
		}
	}()
	r := &http.Request{
		Method: http.MethodPatch,
		URL:    &url.URL{Path: address, RawQuery: "fieldManager=kustomize-controller&force=true&fieldValidation=Strict"},
		Header: http.Header{"Content-Type": {"application/apply-patch+yaml"}, "Accept": {"application/json"}},
		Body:   readCloser{bytes.NewReader(raw)},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "localhost", RequestURI: address,
	}
	w := &response{header: http.Header{}}
	handler.ServeHTTP(w, r)
	if w.code < 300 {
		return nil, w.body.Len()
	}
	var status metav1.Status
	if err := json.Unmarshal(w.body.Bytes(), &status); err != nil || status.Message == "" {
		return []problem{{"Unknown", "", fmt.Sprintf("%d: %s", w.code, w.body.String())}}, 0
	}
	return problemsOf(status), 0
}

var typed = regexp.MustCompile(`(?m)(?:^\s*|: )\.(\S+): (.+)$`)

func problemsOf(status metav1.Status) []problem {
	var found []problem
	if status.Details != nil {
		for _, cause := range status.Details.Causes {
			found = append(found, problem{strings.TrimPrefix(string(cause.Type), "FieldValue"), cause.Field, brief(cause.Message)})
		}
	}
	for _, parts := range typed.FindAllStringSubmatch(status.Message, -1) {
		if len(found) == 0 || status.Details == nil || len(status.Details.Causes) == 0 {
			found = append(found, problem{"Typed", parts[1], parts[2]})
		}
	}
	if len(found) == 0 {
		found = []problem{{string(status.Reason), "", status.Message}}
	}
	return found
}

// longest is how long a value may be that a message shows.
const longest = 80

// brief leaves out a long or empty value of a message, and the lines below it that compare two objects.
func brief(message string) string {
	first, _, _ := strings.Cut(message, "\n")
	kind, rest, found := strings.Cut(message, " value: ")
	if !found || !strings.HasPrefix(first, kind) {
		return first
	}
	values := json.NewDecoder(strings.NewReader(rest))
	var value json.RawMessage
	if values.Decode(&value) != nil || len(value) <= longest && !(kind == "Invalid" && string(value) == "null") {
		return first
	}
	if detail, found := strings.CutPrefix(rest[values.InputOffset():], ": "); found {
		first, _, _ = strings.Cut(detail, "\n")
		return first
	}
	return kind + " value"
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// response keeps what a handler answers.
type response struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (w *response) Header() http.Header { return w.header }
func (w *response) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

func (w *response) Write(text []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(text)
}

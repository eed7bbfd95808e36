package main

import (
	"encoding/json"
	"net/http"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsapiserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/tools/cache"
)

// custom serves CustomResourceDefinitions, and custom resources as their definitions describe them.
type custom struct {
	handler     http.Handler
	definitions cache.Store
	raw         map[schema.GroupKind]json.RawMessage
	served      map[schema.GroupVersionKind]resource
	webhooks    map[schema.GroupKind]bool
}

func newCustom(store *memory, definitions []json.RawMessage) (*custom, error) {
	c := config(store)
	c.MergedResourceConfig = apiextensionsapiserver.DefaultAPIResourceConfigSource()
	extensions := apiextensionsapiserver.Config{
		GenericConfig: &genericapiserver.RecommendedConfig{Config: *c},
		ExtraConfig:   apiextensionsapiserver.ExtraConfig{CRDRESTOptionsGetter: store, MasterCount: 1},
	}
	server, err := extensions.Complete().New(genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, err
	}
	return &custom{
		handler:     server.GenericAPIServer.Handler,
		definitions: server.Informers.Apiextensions().V1().CustomResourceDefinitions().Informer().GetStore(),
		raw:         index(definitions),
		webhooks:    map[schema.GroupKind]bool{},
		served: map[schema.GroupVersionKind]resource{
			apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"): {name: "customresourcedefinitions"},
		},
	}, nil
}

func index(definitions []json.RawMessage) map[schema.GroupKind]json.RawMessage {
	found := map[schema.GroupKind]json.RawMessage{}
	for _, raw := range definitions {
		var head struct {
			Spec struct {
				Group string
				Names struct{ Kind string }
			}
		}
		if json.Unmarshal(raw, &head) == nil {
			found[schema.GroupKind{Group: head.Spec.Group, Kind: head.Spec.Names.Kind}] = raw
		}
	}
	return found
}

// find gives the resource of a kind; a kind whose definition is known is served from then on.
func (c *custom) find(kind schema.GroupVersionKind) (resource, bool) {
	if raw, found := c.raw[kind.GroupKind()]; found {
		delete(c.raw, kind.GroupKind())
		c.serve(raw)
	}
	found, ok := c.served[kind]
	return found, ok
}

// serve makes a definition an established one. A definition that can't be read serves nothing.
func (c *custom) serve(raw json.RawMessage) {
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if json.Unmarshal(raw, definition) != nil {
		return
	}
	apiextensionsapiserver.Scheme.Default(definition)
	if conversion := definition.Spec.Conversion; conversion != nil && conversion.Strategy == apiextensionsv1.WebhookConverter {
		c.webhooks[schema.GroupKind{Group: definition.Spec.Group, Kind: definition.Spec.Names.Kind}] = true
	}
	definition.UID = types.UID(definition.Name)
	definition.Spec.Conversion = &apiextensionsv1.CustomResourceConversion{Strategy: apiextensionsv1.NoneConverter}
	definition.Status.AcceptedNames = definition.Spec.Names
	for _, condition := range []apiextensionsv1.CustomResourceDefinitionConditionType{apiextensionsv1.NamesAccepted, apiextensionsv1.Established} {
		apihelpers.SetCRDCondition(definition, apiextensionsv1.CustomResourceDefinitionCondition{Type: condition, Status: apiextensionsv1.ConditionTrue})
	}
	if c.definitions.Add(definition) != nil {
		return
	}
	names := resource{definition.Spec.Names.Plural, definition.Spec.Scope == apiextensionsv1.NamespaceScoped}
	for _, version := range definition.Spec.Versions {
		if version.Served {
			c.served[schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind}] = names
		}
	}
}

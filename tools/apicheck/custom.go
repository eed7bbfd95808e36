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
	informer := server.Informers.Apiextensions().V1().CustomResourceDefinitions().Informer()
	return &custom{server.GenericAPIServer.Handler, informer.GetStore(), index(definitions)}, nil
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

// find gives the resource of a kind whose definition is known, and sees to it that it is served.
func (c *custom) find(kind schema.GroupVersionKind) (resource, bool) {
	if kind == apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition") {
		return resource{name: "customresourcedefinitions"}, true
	}
	raw, found := c.raw[kind.GroupKind()]
	if !found {
		return resource{}, false
	}
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if json.Unmarshal(raw, definition) != nil {
		return resource{}, false
	}
	apiextensionsapiserver.Scheme.Default(definition)
	if !apihelpers.HasServedCRDVersion(definition, kind.Version) {
		return resource{}, false
	}
	definition.UID = types.UID(definition.Name)
	// Only the storage version's own objects are there: nothing has to be converted.
	definition.Spec.Conversion = &apiextensionsv1.CustomResourceConversion{Strategy: apiextensionsv1.NoneConverter}
	definition.Status.AcceptedNames = definition.Spec.Names
	for _, condition := range []apiextensionsv1.CustomResourceDefinitionConditionType{apiextensionsv1.NamesAccepted, apiextensionsv1.Established} {
		apihelpers.SetCRDCondition(definition, apiextensionsv1.CustomResourceDefinitionCondition{Type: condition, Status: apiextensionsv1.ConditionTrue})
	}
	if c.definitions.Add(definition) != nil {
		return resource{}, false
	}
	return resource{definition.Spec.Names.Plural, definition.Spec.Scope == apiextensionsv1.NamespaceScoped}, true
}

package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	apiextensionsapiserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/endpoints/filters"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/util/compatibility"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	basecompatibility "k8s.io/component-base/compatibility"
	"k8s.io/kube-aggregator/pkg/apis/apiregistration"
	aggregatorapiserver "k8s.io/kube-aggregator/pkg/apiserver"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"
	apiservicerest "k8s.io/kube-aggregator/pkg/registry/apiservice/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/controlplane"
	controlplaneapiserver "k8s.io/kubernetes/pkg/controlplane/apiserver"
	generatedopenapi "k8s.io/kubernetes/pkg/generated/openapi"
	admissionregistrationrest "k8s.io/kubernetes/pkg/registry/admissionregistration/rest"
	apiserverinternalrest "k8s.io/kubernetes/pkg/registry/apiserverinternal/rest"
	appsrest "k8s.io/kubernetes/pkg/registry/apps/rest"
	autoscalingrest "k8s.io/kubernetes/pkg/registry/autoscaling/rest"
	batchrest "k8s.io/kubernetes/pkg/registry/batch/rest"
	certificatesrest "k8s.io/kubernetes/pkg/registry/certificates/rest"
	coordinationrest "k8s.io/kubernetes/pkg/registry/coordination/rest"
	discoveryrest "k8s.io/kubernetes/pkg/registry/discovery/rest"
	eventsrest "k8s.io/kubernetes/pkg/registry/events/rest"
	flowcontrolrest "k8s.io/kubernetes/pkg/registry/flowcontrol/rest"
	lifecyclerest "k8s.io/kubernetes/pkg/registry/lifecycle/rest"
	networkingrest "k8s.io/kubernetes/pkg/registry/networking/rest"
	noderest "k8s.io/kubernetes/pkg/registry/node/rest"
	policyrest "k8s.io/kubernetes/pkg/registry/policy/rest"
	rbacrest "k8s.io/kubernetes/pkg/registry/rbac/rest"
	resourcerest "k8s.io/kubernetes/pkg/registry/resource/rest"
	schedulingrest "k8s.io/kubernetes/pkg/registry/scheduling/rest"
	storagerest "k8s.io/kubernetes/pkg/registry/storage/rest"
	svmrest "k8s.io/kubernetes/pkg/registry/storagemigration/rest"
)

// server answers requests as kube-apiserver would, from memory alone.
type server struct {
	store     *memory
	generic   *genericapiserver.GenericAPIServer
	providers map[string]controlplaneapiserver.RESTStorageProvider
	resources map[schema.GroupVersionKind]resource
	expired   genericapiserver.ResourceExpirationEvaluator
}

type resource struct {
	name       string
	namespaced bool
}

// oldest is how many minor versions Kubernetes' own code can go back: its rule for --emulated-version.
const oldest = 3

// emulate sets the feature gates to what they are by default in a Kubernetes version, or in the nearest that is known.
func emulate(minor string) error {
	asked, err := version.ParseGeneric(minor)
	if err != nil {
		return err
	}
	effective := effectiveVersion()
	newest := effective.BinaryVersion().WithPatch(0)
	wanted := version.MajorMinor(asked.Major(), asked.Minor())
	if floor := newest.SubtractMinor(oldest); wanted.LessThan(floor) {
		wanted = floor
	}
	if newest.LessThan(wanted) {
		return nil
	}
	effective.SetEmulationVersion(wanted)
	return utilfeature.DefaultMutableFeatureGate.SetEmulationVersionAndMinCompatibilityVersion(wanted, effective.MinCompatibilityVersion())
}

func effectiveVersion() basecompatibility.MutableEffectiveVersion {
	registered := compatibility.DefaultComponentGlobalsRegistry.EffectiveVersionFor(basecompatibility.DefaultKubeComponent)
	return registered.(basecompatibility.MutableEffectiveVersion)
}

func config(store *memory) *genericapiserver.Config {
	c := genericapiserver.NewConfig(legacyscheme.Codecs)
	c.EffectiveVersion = effectiveVersion()
	c.ExternalAddress = "localhost:443"
	c.LoopbackClientConfig = &restclient.Config{Host: "http://localhost:1"}
	c.RESTOptionsGetter = store
	c.Authorization.Authorizer = authorizerfactory.NewAlwaysAllowAuthorizer()
	c.SkipOpenAPIInstallation = true
	c.EnableIndex, c.EnableProfiling, c.EnableDiscovery = false, false, false
	c.BuildHandlerChainFunc = chain
	definitions := openapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generatedopenapi.GetOpenAPIDefinitions)
	namer := openapinamer.NewDefinitionNamer(legacyscheme.Scheme, apiextensionsapiserver.Scheme, aggregatorscheme.Scheme)
	c.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	c.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	c.MergedResourceConfig = controlplane.DefaultAPIResourceConfigSource()
	return c
}

func chain(handler http.Handler, c *genericapiserver.Config) http.Handler {
	admin := &user.DefaultInfo{Name: "system:admin", Groups: []string{user.SystemPrivilegedGroup}}
	as := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Handlers expect it, whether anything is audited or not.
		ctx := audit.WithAuditContext(r.Context())
		handler.ServeHTTP(w, r.WithContext(request.WithUser(ctx, admin)))
	})
	return filters.WithRequestInfo(as, c.RequestInfoResolver)
}

func newServer(dualStack bool) (*server, error) {
	s := &server{store: &memory{objects: map[string]runtime.Object{}}, resources: map[schema.GroupVersionKind]resource{},
		providers: map[string]controlplaneapiserver.RESTStorageProvider{}}
	c := config(s.store)
	completed := c.Complete(nil)
	var err error
	if s.generic, err = completed.New("apicheck", genericapiserver.NewEmptyDelegate()); err != nil {
		return nil, err
	}
	s.expired, err = genericapiserver.NewResourceExpirationEvaluatorFromOptions(genericapiserver.ResourceExpirationEvaluatorOptions{
		CurrentVersion: c.EffectiveVersion.EmulationVersion(),
	})
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(c.LoopbackClientConfig)
	if err != nil {
		return nil, err
	}
	allow := c.Authorization.Authorizer
	for _, provider := range []controlplaneapiserver.RESTStorageProvider{
		core{allow, dualStack},
		apiserverinternalrest.StorageProvider{},
		autoscalingrest.RESTStorageProvider{},
		batchrest.RESTStorageProvider{},
		certificatesrest.RESTStorageProvider{Authorizer: allow},
		coordinationrest.RESTStorageProvider{},
		discoveryrest.StorageProvider{},
		lifecyclerest.RESTStorageProvider{},
		networkingrest.RESTStorageProvider{},
		noderest.RESTStorageProvider{},
		policyrest.RESTStorageProvider{},
		rbacrest.RESTStorageProvider{Authorizer: allow},
		schedulingrest.RESTStorageProvider{},
		storagerest.RESTStorageProvider{},
		svmrest.RESTStorageProvider{},
		flowcontrolrest.RESTStorageProvider{},
		appsrest.StorageProvider{},
		admissionregistrationrest.RESTStorageProvider{Authorizer: allow, DiscoveryClient: client.Discovery()},
		eventsrest.RESTStorageProvider{TTL: time.Hour},
		resourcerest.RESTStorageProvider{NamespaceClient: client.CoreV1().Namespaces(), Authorizer: allow},
		aggregator{},
	} {
		s.providers[provider.GroupName()] = provider
	}
	return s, nil
}

// install makes a group of built-in kinds known; a group that isn't Kubernetes' own is none of its business.
func (s *server) install(group string) error {
	provider, found := s.providers[group]
	if !found {
		return nil
	}
	delete(s.providers, group)
	resources := controlplane.DefaultAPIResourceConfigSource()
	info, err := provider.NewRESTStorage(resources, s.store)
	if err != nil {
		return fmt.Errorf("%s: %w", group, err)
	}
	if err := s.expired.RemoveUnavailableKinds(group, info.Scheme, info.VersionedResourcesStorageMap, resources); err != nil {
		return err
	}
	for number, kinds := range info.VersionedResourcesStorageMap {
		for name, storage := range kinds {
			if strings.Contains(name, "/") {
				delete(kinds, name)
				continue
			}
			version := schema.GroupVersion{Group: group, Version: number}
			s.resources[version.WithKind(kindOf(info, storage))] = resource{name, storage.(rest.Scoper).NamespaceScoped()}
		}
	}
	if len(info.VersionedResourcesStorageMap) == 0 {
		return nil
	}
	if group == "" {
		return s.generic.InstallLegacyAPIGroup(genericapiserver.DefaultLegacyAPIPrefix, &info)
	}
	return s.generic.InstallAPIGroup(&info)
}

func kindOf(info genericapiserver.APIGroupInfo, storage rest.Storage) string {
	kinds, _, err := info.Scheme.ObjectKinds(storage.New())
	if err != nil {
		panic(err)
	}
	return kinds[0].Kind
}

// aggregator is the group of APIServices.
type aggregator struct{}

func (aggregator) GroupName() string { return apiregistration.GroupName }

func (aggregator) NewRESTStorage(_ serverstorage.APIResourceConfigSource, options generic.RESTOptionsGetter) (genericapiserver.APIGroupInfo, error) {
	return apiservicerest.NewRESTStorage(aggregatorapiserver.DefaultAPIResourceConfigSource(), options, false), nil
}

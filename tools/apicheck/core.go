package main

import (
	"net"

	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	api "k8s.io/kubernetes/pkg/apis/core"
	kubeoptions "k8s.io/kubernetes/pkg/kubeapiserver/options"
	kubeletclient "k8s.io/kubernetes/pkg/kubelet/client"
	endpointsstore "k8s.io/kubernetes/pkg/registry/core/endpoint/storage"
	limitrangestore "k8s.io/kubernetes/pkg/registry/core/limitrange/storage"
	nodestore "k8s.io/kubernetes/pkg/registry/core/node/storage"
	pvstore "k8s.io/kubernetes/pkg/registry/core/persistentvolume/storage"
	pvcstore "k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim/storage"
	podstore "k8s.io/kubernetes/pkg/registry/core/pod/storage"
	podtemplatestore "k8s.io/kubernetes/pkg/registry/core/podtemplate/storage"
	controllerstore "k8s.io/kubernetes/pkg/registry/core/replicationcontroller/storage"
	corerest "k8s.io/kubernetes/pkg/registry/core/rest"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	"k8s.io/kubernetes/pkg/registry/core/service/portallocator"
	servicestore "k8s.io/kubernetes/pkg/registry/core/service/storage"
)

// core is the group of pods and Services. Kubernetes' own provider can't be had without etcd and running informers:
// its Services take their addresses from there.
type core struct {
	authorizer authorizer.Authorizer
	dualStack  bool
}

func (core) GroupName() string { return api.GroupName }

func (c core) NewRESTStorage(resources serverstorage.APIResourceConfigSource, options generic.RESTOptionsGetter) (genericapiserver.APIGroupInfo, error) {
	info, err := (&corerest.GenericConfig{}).NewRESTStorage(resources, options)
	if err != nil {
		return info, err
	}
	kinds := info.VersionedResourcesStorageMap["v1"]
	add := func(name string, storage rest.Storage, failed error) {
		if failed != nil && err == nil {
			err = failed
		}
		kinds[name] = storage
	}
	templates, failed := podtemplatestore.NewREST(options)
	add("podtemplates", templates, failed)
	limits, failed := limitrangestore.NewREST(options)
	add("limitranges", limits, failed)
	volumes, _, failed := pvstore.NewREST(options)
	add("persistentvolumes", volumes, failed)
	claims, _, failed := pvcstore.NewREST(options)
	add("persistentvolumeclaims", claims, failed)
	endpoints, failed := endpointsstore.NewREST(options)
	add("endpoints", endpoints, failed)
	controllers, _, failed := controllerstore.NewREST(options)
	add("replicationcontrollers", controllers, failed)
	nodes, failed := nodestore.NewStorage(options, kubeletclient.KubeletClientConfig{}, nil)
	if failed != nil {
		return info, failed
	}
	add("nodes", nodes.Node, nil)
	pods, failed := podstore.NewStorage(options, nil, nil, nil, c.authorizer)
	if failed != nil {
		return info, failed
	}
	add("pods", pods.Pod, nil)
	addresses := map[api.IPFamily]ipallocator.Interface{api.IPv4Protocol: cidr("10.0.0.0/8")}
	if c.dualStack {
		addresses[api.IPv6Protocol] = cidr("fd00::/8")
	}
	services, _, _, failed := servicestore.NewREST(options, api.IPv4Protocol, addresses, &ports{}, nil, pods.Pod, nil)
	add("services", services, failed)
	return info, err
}

// cidr gives every Service the same address and takes any that it asks for: which are free, only the cluster knows.
type cidr string

func (c cidr) Allocate(net.IP) error { return nil }
func (c cidr) AllocateNext() (net.IP, error) {
	ip := c.CIDR().IP
	ip[len(ip)-1] = 1
	return ip, nil
}

func (c cidr) Release(net.IP) error          { return nil }
func (c cidr) ForEach(func(net.IP))          {}
func (c cidr) Has(net.IP) bool               { return false }
func (c cidr) Destroy()                      {}
func (c cidr) EnableMetrics()                {}
func (c cidr) DryRun() ipallocator.Interface { return c }

func (c cidr) CIDR() net.IPNet {
	_, network, err := net.ParseCIDR(string(c))
	if err != nil {
		panic(err)
	}
	return *network
}

func (c cidr) IPFamily() api.IPFamily {
	if c.CIDR().IP.To4() == nil {
		return api.IPv6Protocol
	}
	return api.IPv4Protocol
}

// ports takes any port of a cluster's usual range, and gives each Service the next one.
type ports struct{ given int }

func (p *ports) Allocate(port int) error {
	if !kubeoptions.DefaultServiceNodePortRange.Contains(port) {
		return &portallocator.ErrNotInRange{ValidPorts: kubeoptions.DefaultServiceNodePortRange.String()}
	}
	return nil
}

func (p *ports) AllocateNext() (int, error) {
	p.given++
	usual := kubeoptions.DefaultServiceNodePortRange
	// From the end, where few write down a port of their own.
	return usual.Base + usual.Size - 1 - p.given%usual.Size, nil
}

func (p *ports) Release(int) error { return nil }
func (p *ports) ForEach(func(int)) {}
func (p *ports) Has(int) bool      { return false }
func (p *ports) Destroy()          {}
func (p *ports) EnableMetrics()    {}

package main

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/apis/apps"
	api "k8s.io/kubernetes/pkg/apis/core"
)

// memory stands in for etcd: one object at a time is created, changed and forgotten.
type memory struct {
	lock     sync.Mutex
	versions uint64
	objects  map[string]runtime.Object
}

// GetRESTOptions makes every registry keep its objects in m.
func (m *memory) GetRESTOptions(resource schema.GroupResource, _ runtime.Object) (generic.RESTOptions, error) {
	return generic.RESTOptions{
		StorageConfig: &storagebackend.ConfigForResource{GroupResource: resource},
		Decorator: func(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error), func() runtime.Object,
			func() runtime.Object, storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers) (storage.Interface, factory.DestroyFunc, error) {
			return m, func() {}, nil
		},
		ResourcePrefix: resource.Group + "/" + resource.Resource,
	}, nil
}

// forget removes every object.
func (m *memory) forget() {
	m.lock.Lock()
	defer m.lock.Unlock()
	clear(m.objects)
}

// bindClaim makes a claim that is kept a bound one; false when there is none.
func (m *memory) bindClaim() bool {
	for _, object := range m.objects {
		if claim, found := object.(*api.PersistentVolumeClaim); found {
			claim.Status.Phase = api.ClaimBound
			claim.Status.Capacity = claim.Spec.Resources.Requests
			claim.Spec.VolumeName = "a-volume"
			return true
		}
	}
	return false
}

// template is the pod template of the workload that is kept; nil when there is none.
func (m *memory) template() *api.PodTemplateSpec {
	for _, object := range m.objects {
		switch workload := object.(type) {
		case *apps.DaemonSet:
			return workload.Spec.Template.DeepCopy()
		case *apps.Deployment:
			return workload.Spec.Template.DeepCopy()
		case *apps.StatefulSet:
			return workload.Spec.Template.DeepCopy()
		}
	}
	return nil
}

// settle does to an object what controllers do soon after it was created, as far as validation looks at it.
func settle(object runtime.Object) {
	if definition, found := object.(*apiextensions.CustomResourceDefinition); found {
		definition.Status.AcceptedNames = definition.Spec.Names
		definition.Status.Conditions = []apiextensions.CustomResourceDefinitionCondition{
			{Type: apiextensions.NamesAccepted, Status: apiextensions.ConditionTrue},
			{Type: apiextensions.Established, Status: apiextensions.ConditionTrue},
		}
	}
}

func (m *memory) Versioner() storage.Versioner { return storage.APIObjectVersioner{} }

func (m *memory) Create(_ context.Context, key string, obj, out runtime.Object, _ uint64) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	if _, found := m.objects[key]; found {
		return storage.NewKeyExistsError(key, 0)
	}
	return m.put(key, obj, out)
}

func (m *memory) Get(_ context.Context, key string, options storage.GetOptions, out runtime.Object) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	found, ok := m.objects[key]
	if ok {
		return assign(out, found.DeepCopyObject())
	}
	if options.IgnoreNotFound {
		return runtime.SetZeroValue(out)
	}
	return storage.NewKeyNotFoundError(key, 0)
}

func (m *memory) GuaranteedUpdate(_ context.Context, key string, out runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, _ runtime.Object) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	current := reflect.New(reflect.TypeOf(out).Elem()).Interface().(runtime.Object)
	var version uint64
	if found, ok := m.objects[key]; ok {
		current = found.DeepCopyObject()
		version, _ = m.Versioner().ObjectResourceVersion(current)
	} else if !ignoreNotFound {
		return storage.NewKeyNotFoundError(key, 0)
	}
	if err := preconditions.Check(key, current); err != nil {
		return err
	}
	changed, _, err := tryUpdate(current, storage.ResponseMeta{ResourceVersion: version})
	if err != nil {
		return err
	}
	return m.put(key, changed, out)
}

func (m *memory) Delete(_ context.Context, key string, out runtime.Object, _ *storage.Preconditions,
	_ storage.ValidateObjectFunc, _ runtime.Object, _ storage.DeleteOptions) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	found, ok := m.objects[key]
	if !ok {
		return storage.NewKeyNotFoundError(key, 0)
	}
	delete(m.objects, key)
	return assign(out, found)
}

func (m *memory) GetList(context.Context, string, storage.ListOptions, runtime.Object) error {
	return nil
}

func (m *memory) Watch(context.Context, string, storage.ListOptions) (watch.Interface, error) {
	return watch.NewEmptyWatch(), nil
}

func (m *memory) Stats(context.Context) (storage.Stats, error)              { return storage.Stats{}, nil }
func (m *memory) ReadinessCheck() error                                     { return nil }
func (m *memory) RequestWatchProgress(context.Context) error                { return nil }
func (m *memory) GetCurrentResourceVersion(context.Context) (uint64, error) { return m.versions, nil }
func (m *memory) EnableResourceSizeEstimation(storage.KeysFunc) error       { return nil }
func (m *memory) CompactRevision() int64                                    { return 0 }

func (m *memory) put(key string, obj, out runtime.Object) error {
	stored := obj.DeepCopyObject()
	settle(stored)
	m.versions++
	if err := m.Versioner().UpdateObject(stored, m.versions); err != nil {
		return err
	}
	m.objects[key] = stored
	if out == nil {
		return nil
	}
	return assign(out, stored.DeepCopyObject())
}

func assign(out, value runtime.Object) error {
	to, from := reflect.ValueOf(out), reflect.ValueOf(value)
	if to.Type() != from.Type() {
		return fmt.Errorf("memory holds a %T, not a %T", value, out)
	}
	to.Elem().Set(from.Elem())
	return nil
}

package main

import (
	"fmt"
	"runtime/debug"
	"sync"

	"helm.sh/helm/v4/pkg/chart/common"
)

func capabilitiesOf(release Release) (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if release.KubeVersion != "" {
		version, err := common.ParseKubeVersion(release.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("kubeVersion %s: %w", release.KubeVersion, err)
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = append(capabilities.APIVersions, release.APIVersions...)
	capabilities.HelmVersion.Version = helmVersion()
	return capabilities, nil
}

// helmVersion is the version of Helm that this program is built on. A released helm says it by a flag of its linker.
var helmVersion = sync.OnceValue(func() string {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		for _, module := range info.Deps {
			if module.Path == "helm.sh/helm/v4" {
				return module.Version
			}
		}
	}
	return ""
})

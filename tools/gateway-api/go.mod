// The definitions of the Gateway API, which are no program: served to Flux locally, and the schemas of its objects.
module penstock/tools/gateway-api

go 1.26

toolchain go1.27.3

require sigs.k8s.io/gateway-api v1.6.1

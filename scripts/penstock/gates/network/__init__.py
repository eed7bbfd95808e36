"""Network policies: what may connect to what, from dataflow.yaml, connections.yaml and the manifests."""

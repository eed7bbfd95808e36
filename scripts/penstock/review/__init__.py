"""Compare two trees of manifests object by object, and derive the effects on the cluster."""

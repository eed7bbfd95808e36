"""Two trees of manifests, object by object: what differs, and what follows from it in the cluster."""

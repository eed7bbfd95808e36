"""Where a cluster can run: in Docker by k3d or kind, on an existing cluster, or on kwok without any container."""

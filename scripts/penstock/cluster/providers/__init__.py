"""Where a cluster can run: in Docker by k3d or kind, where others made it, or on kwok without any container."""

"""Providers of clusters: k3d and kind in Docker, an existing cluster, and kwok without containers."""

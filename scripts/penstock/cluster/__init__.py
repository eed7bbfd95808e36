"""Clusters: their providers, local processes, and the phases of `inv up`."""

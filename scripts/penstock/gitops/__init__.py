"""Flux's view of the platform: the local Git source, its snapshots, Kustomizations and inventories."""

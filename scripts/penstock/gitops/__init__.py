"""What Flux syncs from, and what it says of it: the local Git source, its snapshots, Kustomizations and inventories."""

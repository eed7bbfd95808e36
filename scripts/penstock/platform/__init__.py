"""The repository as data: layout, environments, declared secrets and external objects, manifests."""

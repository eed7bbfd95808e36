"""A cluster from nothing to nothing: up, everything that `inv smoke` asks, again, less, down."""

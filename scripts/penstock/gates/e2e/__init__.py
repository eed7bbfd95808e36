"""End-to-end tests of a real cluster: `inv up`, `inv smoke`, a second `inv up`, pruning and `inv down`."""

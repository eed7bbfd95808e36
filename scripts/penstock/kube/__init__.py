"""Kubernetes objects: types and pure functions without I/O."""

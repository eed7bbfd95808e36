"""Penstock: hydrate a Kubernetes platform into plain YAML, and prove every change before it flows."""

__version__ = "0.1.0"

"""Compares two trees of manifests object by object, and derives the effects on the cluster."""

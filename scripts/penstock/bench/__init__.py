"""Benchmarks of hydration and the gates."""

"""Checks of a running platform: one function with a deadline for each promise."""

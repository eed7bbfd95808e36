"""Generates network policies from the contract, and evaluates them against it."""

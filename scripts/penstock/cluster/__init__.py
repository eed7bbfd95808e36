"""Clusters: providers, the processes behind them, and waiting for what they do."""

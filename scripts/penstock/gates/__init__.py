"""The gates, checks that every change has to pass: `python -m penstock.gates NAME`."""

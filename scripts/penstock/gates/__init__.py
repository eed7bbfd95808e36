"""The gates: checks that every change must pass. `python -m penstock.gates NAME` runs one."""

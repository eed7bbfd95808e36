"""The verbs of tasks.py, one module each."""

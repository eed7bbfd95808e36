"""One file for each verb of tasks.py: what the user asked for, in steps."""

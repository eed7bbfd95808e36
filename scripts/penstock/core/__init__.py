"""Processes, errors, the console and files. Nothing here knows Kubernetes."""

"""The command line: the verbs with their options, for tasks.py, and the program that runs them."""

from penstock.cli.lean import without_unused

with without_unused():
    import invoke  # noqa: F401, before any module of this package imports it

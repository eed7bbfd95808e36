"""The command line: the verbs with their options, which tasks.py collects, and the program that runs them."""

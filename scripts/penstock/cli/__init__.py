"""The command line: the verbs with their options, for tasks.py, and the program that runs them."""

"""The gate `config`: checks the configuration of every container with its program's own checker."""

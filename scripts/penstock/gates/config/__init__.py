"""The gate `config`: runs every program's own checker over the configuration that its containers read."""

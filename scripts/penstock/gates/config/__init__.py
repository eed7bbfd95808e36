"""The gate `config`: every program's own checker on the configuration that its containers will read."""

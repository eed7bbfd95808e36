"""What an environment's manifests say, typed and read-only: pods, Services, files as containers see them, DNS names."""

"""What a change does to a cluster: comparison and effects."""

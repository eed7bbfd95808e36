"""Whether a cluster does what the platform promises: one function for each promise, with a deadline."""

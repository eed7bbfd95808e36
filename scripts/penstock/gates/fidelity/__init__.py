"""Whether components are what upstream ships: each is compared with the rendered upstream chart."""

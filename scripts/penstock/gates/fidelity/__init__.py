"""Whether components are what their makers ship: each is compared with the rendered upstream chart."""

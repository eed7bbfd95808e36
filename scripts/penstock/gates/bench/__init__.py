"""The benchmark: synthetic platforms, what hydrating them costs, and the same by helmfile alone in the same run."""

"""Network policies: generated from the contract, evaluated against it."""

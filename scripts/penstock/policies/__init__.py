"""Network policies: generates them from the contract, and evaluates them against it."""

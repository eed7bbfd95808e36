"""Generate network policies from the contract, and evaluate them against it."""

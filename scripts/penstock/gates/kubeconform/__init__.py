"""The gate kubeconform: every manifest against its schema, and against the API server's own validation."""

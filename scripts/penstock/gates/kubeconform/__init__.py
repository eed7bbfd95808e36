"""The gate kubeconform: validates every manifest with its schema and with the API server's own code."""

"""The gate kubeconform: validates every manifest by its schema and by the API server's own code."""

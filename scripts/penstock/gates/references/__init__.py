"""Reference integrity: every name, port, selector and address in the manifests resolves."""

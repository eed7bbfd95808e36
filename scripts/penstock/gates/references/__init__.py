"""Reference integrity: every name, port, selector and address in the manifests leads to something that is there."""

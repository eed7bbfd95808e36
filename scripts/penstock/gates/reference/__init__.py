"""The generated pages of docs/reference: from the code, by `inv reference`."""

"""Sources into manifests: select, resolve, render, check, order, write. No later stage reaches back."""

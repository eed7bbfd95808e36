"""Hydrate sources into manifests: select, resolve, render, check, order, write. No stage changes an earlier one."""

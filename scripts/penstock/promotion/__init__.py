"""Promotion: moving the revisions that environments pin, and deciding what comes next."""

"""Generators of what is committed: `python -m tools.NAME` writes it anew, and a test compares."""

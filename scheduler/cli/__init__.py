"""The commands. The only place that prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""

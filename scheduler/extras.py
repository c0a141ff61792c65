"""The optional parts of the program: what is said where one of them is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scheduler.errors import SettingsError


@contextmanager
def extra(name: str, what: str) -> Iterator[None]:
    """Around an import that needs an extra. Raises SettingsError with the way out."""
    try:
        yield
    except ImportError as error:
        raise SettingsError(
            f"{what} needs {error.name or error}, which is not installed. Run: pip install"
            f" 'tou-scheduler[{name}]'"
        ) from None

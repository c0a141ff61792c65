"""The library that speaks v1r: an extra, imported lazily, and of one minor version only."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any, Final

from scheduler.errors import SettingsError

NAME: Final = "aiopowerwall"
WAY_OUT: Final = "pip install 'tou-scheduler[v1r]'"


def the_library() -> Any:
    """The module `aiopowerwall`. Raises SettingsError, with the way out, where it is missing."""
    # It logs whole answers, among them the configuration with names and serial numbers.
    logging.getLogger(NAME).setLevel(logging.CRITICAL)
    try:
        return import_module(NAME)
    except ImportError as error:
        raise SettingsError(
            f"TOU_GATEWAY=v1r needs a package that is not installed ({error.name or error}). "
            f"Run: {WAY_OUT}"
        ) from None

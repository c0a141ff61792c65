"""The one reader of files and texts: YAML or JSON in, plain data with its places out.

A file is opened without waiting for anybody and read only when it is a regular one of bounded
length, so that no file can stop the service.
"""

from __future__ import annotations

import errno
from functools import cache
from pathlib import Path

from scheduler import files
from scheduler.errors import Place, Problem, ScheduleError
from scheduler.schedule import json_text
from scheduler.schedule.document import Data, Document, Loc, place_in
from scheduler.schedule.yaml_text import Composer

__all__ = ["Data", "Document", "Loc", "compose", "compose_json", "parse", "read", "read_text"]

# A schedule is a few kilobytes, the longest shipped tariff under ten.
MAX_BYTES = 250_000


def read(path: Path, *, shown_as: str | None = None) -> Document:
    """The document of a YAML file. Raises ScheduleError with places."""
    name = shown_as or str(path)
    return parse(read_text(path, name), name)


def parse(text: str, file: str) -> Document:
    """The document of a YAML text; `file` is what messages call it. Raises ScheduleError."""
    document = compose(text, file)
    if document.problems:
        raise ScheduleError(document.problems)
    return document


def compose(text: str, file: str) -> Document:
    """As `parse`, but raises only for what is no YAML; lesser faults are in `problems`."""
    composer = Composer(text, file)
    node = composer.document()
    data = node.data if node else None
    return Document(file, text, data, tuple(composer.problems), lambda: node)


def compose_json(text: str, file: str) -> Document:
    """As `compose`, of a JSON text: keys that stand twice are in `problems`."""
    text = text.removeprefix("\ufeff")
    data, twice = json_text.data_of(text, file)
    nodes = json_text.Nodes(text, file)
    root = cache(nodes.root)
    if twice:
        root()
    return Document(file, text, data, tuple(nodes.problems), root)


def read_text(path: Path, name: str, *, limit: int = MAX_BYTES) -> str:
    """The text of a regular file of at most `limit` bytes that messages call `name`.

    Raises ScheduleError.
    """
    try:
        raw = files.read_bounded(path, limit)
    except FileNotFoundError:
        raise _unreadable(name, "There is no such file.") from None
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.EFBIG:
            message = f"It is longer than {limit} bytes. Is it the right file?"
            raise _unreadable(name, message) from None
        reason = getattr(error, "strerror", None) or "its name cannot be one"
        raise _unreadable(name, f"It cannot be read: {reason}.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        message = "This byte is not UTF-8. Save the file as UTF-8."
        place = place_in(before, len(before), name)
        raise ScheduleError((Problem(place, "", message, "yaml"),)) from None


def _unreadable(name: str, message: str) -> ScheduleError:
    return ScheduleError((Problem(Place(name, 1, 1), "", message, "file"),))

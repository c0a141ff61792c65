"""What a check finds, before it has a place in a file."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.errors import Problem
from scheduler.schedule.document import Document, Loc


@dataclass(frozen=True, slots=True)
class Finding:
    """A message and the part that it is about; `at_key` where the key is at fault.

    `id` is empty where the table of checks knows it.
    """

    loc: Loc
    message: str
    id: str = ""
    at_key: bool = False

    def in_file(self, document: Document) -> Problem:
        place = document.key_place(self.loc) if self.at_key else document.place(self.loc)
        return Problem(place, document.path(self.loc), self.message, self.id)

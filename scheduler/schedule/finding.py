"""A check, and what it finds before that has a place in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from scheduler.errors import Problem
from scheduler.schedule.document import Document, Loc

Asked = TypeVar("Asked")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Check(Generic[Asked, Found]):
    """One question: a function whose name is the id of what it finds, and whose docstring begins
    with the sentence of the reference page."""

    find: Callable[[Asked], Iterable[Found]]
    severity: str

    @property
    def id(self) -> str:
        return self.find.__name__.replace("_", "-")

    @property
    def about(self) -> str:
        return " ".join((self.find.__doc__ or "").partition("\n\n")[0].split())


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

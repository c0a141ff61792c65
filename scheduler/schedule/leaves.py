"""Validators for the single values of a file: each says in plain words what it wants instead.

pydantic asks them; `complaints` shows what they say. Must not know what the file is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic_core import PydanticCustomError

from scheduler.schedule.wording import did_you_mean, listed, shown

T = TypeVar("T")


def fault(id_: str, message: str) -> PydanticCustomError:
    """What a validator raises to be reported with this id and this sentence."""
    return PydanticCustomError(id_, "{message}", {"message": message})


def text_reader(id_: str, read: Callable[[str], T], example: str) -> Callable[[object], T]:
    """A validator from a reader of text that raises ValueError; its problems carry `id_`."""

    def check(value: object) -> T:
        if not isinstance(value, str):
            raise fault(id_, f"{shown(value)} is not understood here. Write {example}.")
        try:
            return read(value)
        except ValueError as error:
            raise fault(id_, str(error)) from None

    return check


def choice(words: Iterable[str]) -> Callable[[object], str]:
    """A validator that takes one of some words."""
    known = tuple(words)

    def check(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        guess = did_you_mean(value, known) if isinstance(value, str) else ""
        raise fault(
            "choice", f"{shown(value)} is not known here. Write {listed(known, 'or')}.{guess}"
        )

    return check


def line(value: object) -> str:
    """A validator that takes printable text."""
    if not isinstance(value, str):
        raise fault("wrong-type", f"{shown(value)} is not text. Put it in quotes.")
    text = " ".join(value.split())
    if not text or not text.isprintable():
        raise fault("empty", f"{shown(value)} says nothing that can be shown. Write some words.")
    return text


def one_or_many(value: object) -> object:
    """A list of one where a single value stands."""
    return value if isinstance(value, list) else [value]

"""Validators for the single values of a file: each says in plain words what it wants instead.

pydantic asks them; `complaints` shows what they say. Must not know what the file is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from scheduler.schedule.wording import LONGEST_TEXT, did_you_mean, listed, plain, shown


def fault(id_: str, message: str) -> PydanticCustomError:
    """What a validator raises to be reported with this id and this sentence."""
    return PydanticCustomError(id_, "{message}", {"message": message})


def read(parse: Callable[[object], object], id_: str) -> PlainValidator:
    """A validator that gives the parser's own sentence, under an id."""

    def validate(data: object) -> object:
        try:
            return parse(data)
        except ValueError as error:
            raise fault(id_, str(error)) from None

    return PlainValidator(validate)


def read_text(parse: Callable[[str], object], id_: str, example: str) -> PlainValidator:
    """The same of a parser that takes text alone."""

    def of_text(data: object) -> object:
        if not isinstance(data, str):
            raise ValueError(f"{shown(data)} is not understood here. Write {example}.")  # noqa: TRY004
        if len(data) > LONGEST_TEXT:
            raise ValueError(f"{shown(data)} is too long. Write {example}.")
        return parse(data)

    return read(of_text, id_)


def choice(words: Iterable[str]) -> Callable[[object], str]:
    known = tuple(words)

    def check(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        guess = did_you_mean(plain(value), known)
        raise fault(
            "choice", f"{shown(value)} is not known here. Write {listed(known, 'or')}.{guess}"
        )

    return check


def line(value: object) -> str:
    if not isinstance(value, str):
        raise fault("wrong-type", f"{shown(value)} is not text. Put it in quotes.")
    text = " ".join(value.split())
    if not text or not text.isprintable():
        raise fault("empty", f"{shown(value)} says nothing that can be shown. Write some words.")
    return text


def one_or_many(value: object) -> object:
    """A list of one where a single value stands."""
    return value if isinstance(value, list) else [value]

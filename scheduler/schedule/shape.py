"""Whether a document has the shape of a model, in words for the person who wrote it.

The only place that reads pydantic's errors; none of its own sentences gets past here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scheduler.errors import Problem
from scheduler.schedule.source import Document, Loc
from scheduler.schedule.wording import did_you_mean, listed, shown

M = TypeVar("M", bound=BaseModel)

SHAPE_CHECKS = {
    "yaml": "The file is YAML in UTF-8, one document, without control characters.",
    "duplicate-key": "A key stands once in its block.",
    "alias": "Aliases (*name) are not used; a value is written where it holds.",
    "merge-key": "Merge keys (<<) are not used.",
    "tag": "Tags (!name) are not used.",
    "key": "A key is one word.",
    "unknown-key": "Every key is one that the file's schema knows.",
    "missing-key": "Every required key is there.",
    "empty": "Every key has a value, every list an item.",
    "wrong-type": "Text, numbers, lists and blocks stand where they belong.",
}

# pydantic's error types that say "another type of value belongs here".
_TYPES = {
    "list_type": "not a list. Write its items in [ ], or each after - on a line of its own",
    "bool_type": "neither true nor false. Write true or false, without quotes",
    "string_type": "not text. Put it in quotes",
    "int_type": "not a whole number",
    "int_from_float": "not a whole number",
    "float_type": "not a number. Write it without quotes and unit",
    "model_type": "not a block of keys. Write key: value, one below the other",
    "dict_type": "not a block of keys. Write key: value, one below the other",
}


def problems_of(
    model: type[BaseModel], error: ValidationError, document: Document
) -> list[Problem]:
    """The faults of a whole document, once each and in the order of the file."""
    found = (_problem(model, each, document) for each in error.errors(include_url=False))
    known = {(each.place.line, each.place.column) for each in document.problems}
    fresh = (each for each in found if (each.place.line, each.place.column) not in known)
    return sorted(dict.fromkeys(fresh), key=position)


def position(problem: Problem) -> tuple[str, int, int]:
    """Sorts problems by file, line and column."""
    return problem.place.file, problem.place.line, problem.place.column


def salvage(model: type[M], data: object) -> M:
    """What of a faulty part is right, so that the sense of the rest can still be checked.

    A required field that is missing or wrong is None, whatever its annotation says. Needs a model
    with `validate_assignment`.
    """
    required = {name for name, each in model.model_fields.items() if each.is_required()}
    draft = model.model_construct(None, **dict.fromkeys(required))
    for name, value in data.items() if isinstance(data, dict) else ():
        if name in model.model_fields:
            with suppress(ValidationError):
                setattr(draft, name, value)
    return draft


def _problem(model: type[BaseModel], error: ErrorDetails, document: Document) -> Problem:
    loc, kind = error["loc"], error["type"]
    path = document.path(loc)
    if kind == "extra_forbidden":
        message = _unknown_key(_model_at(model, loc[:-1]), str(loc[-1]))
        return Problem(document.key_place(loc), path, message, "unknown-key")
    if kind == "missing":
        message = f"This key is missing. {_example(_model_at(model, loc[:-1]), str(loc[-1]))}"
        return Problem(document.place(loc), path, message, "missing-key")
    message, id_ = _wrong_value(error)
    return Problem(document.place(loc), path, message, id_)


def _wrong_value(error: ErrorDetails) -> tuple[str, str]:
    kind, value = error["type"], error["input"]
    if not error["loc"]:
        return _wrong_whole(value)
    if value is None:
        return "There is no value here. Write one, or remove the key.", "empty"
    if kind == "too_short":
        return "There is nothing in here. Write at least one, or remove the key.", "empty"
    if what := _TYPES.get(kind):
        return f"{shown(value)} is {what}.", "wrong-type"
    if kind == "value_error":
        return str(error["ctx"]["error"]), "value"
    if "message" in error.get("ctx", {}):
        return str(error["ctx"]["message"]), kind
    return f"{shown(value)} does not belong here.", "wrong-type"


def _wrong_whole(value: object) -> tuple[str, str]:
    if value is None:
        return "The file is empty. Write its keys, one below the other.", "empty"
    message = f"The file holds {shown(value)}, not keys. Write key: value, one below the other."
    return message, "wrong-type"


def _unknown_key(model: type[BaseModel] | None, key: str) -> str:
    known = model.model_fields if model else {}
    guess = did_you_mean(key, known)
    keys = "" if guess or not known else f" The keys here are {listed(known)}."
    return f"{shown(key)} is not a key of this part.{guess}{keys}"


def _example(model: type[BaseModel] | None, key: str) -> str:
    field = model.model_fields.get(key) if model else None
    examples = field.examples if field else None
    return (
        f"Write one such as {key}: {examples[0]}." if examples else f"Write {key}: and its value."
    )


def _model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel] | None:
    """The model whose keys stand at `loc`, through lists and options."""
    at: type[BaseModel] | None = model
    for step in loc:
        field = at.model_fields.get(step) if at and isinstance(step, str) else None
        if field:
            at = next(_models_in(field.annotation), None)
    return at


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield cast("type[BaseModel]", annotation)
    for part in get_args(annotation):
        yield from _models_in(part)

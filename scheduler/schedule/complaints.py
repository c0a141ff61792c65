"""Whether a document has the shape of a model, in words for the person who wrote it.

The only place that reads pydantic's errors; none of its own sentences gets past here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scheduler.errors import Problem
from scheduler.schedule.document import Document, Loc
from scheduler.schedule.wording import did_you_mean, listed, shown

M = TypeVar("M", bound=BaseModel)
Fault = tuple[int | str, ...]

SHAPE_CHECKS = {
    "file": "The file is there, a regular one, readable, and no longer than 250,000 bytes.",
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


def shape_of(model: type[M], document: Document) -> tuple[M | None, list[Problem], set[Fault]]:
    """The document as its model sees it; or None, every fault with its place, and where those
    are."""
    try:
        return model.model_validate(document.data), [], set()
    except ValidationError as error:
        faults = {each["loc"] for each in error.errors(include_url=False)}
        return None, _problems_of(model, error, document), faults


def _problems_of(
    model: type[BaseModel], error: ValidationError, document: Document
) -> list[Problem]:
    """The faults of a whole document, once each and in the order of the file."""
    found = (_problem(model, each, document) for each in error.errors(include_url=False))
    known = {(each.place.line, each.place.column) for each in document.problems}
    fresh = (each for each in found if (each.place.line, each.place.column) not in known)
    return sorted(dict.fromkeys(fresh), key=position)


def position(problem: Problem) -> tuple[str, int, int]:
    return problem.place.file, problem.place.line, problem.place.column


def _problem(model: type[BaseModel], error: ErrorDetails, document: Document) -> Problem:
    loc, kind = error["loc"], error["type"]
    place = document.key_place(loc) if kind == "extra_forbidden" else document.place(loc)
    if not loc:
        message, id_ = _wrong_whole(error["input"])
    elif kind == "extra_forbidden":
        message, id_ = _unknown_key(_model_at(model, loc[:-1]), str(loc[-1])), "unknown-key"
    elif kind == "missing":
        message, id_ = f"This key is missing. {_example(model, loc)}", "missing-key"
    elif kind == "too_long":
        most = error.get("ctx", {}).get("max_length")
        message = f"{shown(error['input'])} of more than {most} items is too long. Write fewer."
        id_ = "wrong-type"
    elif kind == "too_short" or error["input"] is None:
        message, id_ = f"There is nothing here. {_example(model, loc)}", "empty"
    else:
        message, id_ = _wrong_value(error)
    return Problem(place, document.path(loc), message, id_)


def _wrong_whole(value: object) -> tuple[str, str]:
    if value is None:
        return "The file is empty. Write its keys, one below the other.", "empty"
    message = f"The file holds {shown(value)}, not keys. Write key: value, one below the other."
    return message, "wrong-type"


def _wrong_value(error: ErrorDetails) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if what := _TYPES.get(kind):
        return f"{shown(error['input'])} is {what}.", "wrong-type"
    if "message" in context:
        return str(context["message"]), kind
    if kind == "value_error":
        return str(context["error"]), "value"
    return f"{shown(error['input'])} does not belong here.", "wrong-type"


def _unknown_key(model: type[BaseModel] | None, key: str) -> str:
    known = model.model_fields if model else {}
    title = model.model_config.get("title") if model else None
    guess = did_you_mean(key, known)
    keys = "" if guess or not known else f" The keys are {listed(known)}."
    return f"{shown(key)} is not a key of {title or 'this part'}.{guess}{keys}"


def _example(model: type[BaseModel], loc: Loc) -> str:
    """How the innermost key of `loc` is written, by the first of its field's examples."""
    names = [index for index, step in enumerate(loc) if isinstance(step, str)]
    owner = _model_at(model, loc[: names[-1]]) if names else None
    key = str(loc[names[-1]]) if names else ""
    field = owner.model_fields.get(key) if owner else None
    if not field or not field.examples:
        return "Write a value, or remove the key."
    example = field.examples[0]
    or_none = "" if field.is_required() else ", or leave the key out"
    if isinstance(example, list):
        return f"Write {key}: and its items below, each after -{or_none}."
    return f"Write one such as {key}: {_written(example)}{or_none}."


def _written(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_written(each)}' for key, each in value.items())}}}"
    return shown(value) if isinstance(value, bool) else str(value)


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
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)

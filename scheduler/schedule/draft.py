"""A schedule file on its way: its parts as far as they are right, and the tariff it names.

What `lint` looks at. Reads no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from scheduler import clock
from scheduler.schedule.document import Document
from scheduler.schedule.model import JobFile, RuleFile
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import ClockWindow, Condition

M = TypeVar("M", bound=BaseModel)
E = TypeVar("E", RuleFile, JobFile)

CONDITION_KEYS = frozenset({"during", "days", "seasons", "dates"})


@dataclass(frozen=True, slots=True)
class DraftPart(Generic[E]):
    """One rule or job. Where it is not `sound`, required fields of `file` may be None."""

    loc: tuple[str, int]
    keys: frozenset[str]
    file: E
    sound: bool

    @property
    def conditional(self) -> bool:
        return not CONDITION_KEYS.isdisjoint(self.keys)

    @property
    def unconditional(self) -> bool:
        """Whether it surely has none: an unknown key may be a condition with a typing error."""
        return not self.conditional and self.keys <= type(self.file).model_fields.keys()


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule file as far as it is understood."""

    document: Document
    rules: tuple[DraftPart[RuleFile], ...]
    jobs: tuple[DraftPart[JobFile], ...]
    calendar: Tariff | None
    """None while neither tariff nor zone is known."""
    now: datetime | None = None
    """For what is judged by the date; such checks are left out without it."""

    @property
    def entries(self) -> tuple[DraftPart[RuleFile] | DraftPart[JobFile], ...]:
        return (*self.rules, *self.jobs)

    @property
    def tariff(self) -> Tariff | None:
        """The tariff, where the file names one that is right."""
        return self.calendar if self.calendar and self.calendar.periods else None

    @property
    def today(self) -> date | None:
        if self.now is None or self.calendar is None:
            return None
        return clock.localise(self.now, self.calendar.zone).date()


def parts_of(
    document: Document, key: str, model: type[E], sound: Sequence[E] | None
) -> tuple[DraftPart[E], ...]:
    """The entries of a list that are blocks of keys at all; `sound` where all of them are right."""
    items = document.at((key,))
    listed = list(enumerate(items)) if isinstance(items, list) else []
    if sound is not None:
        return tuple(
            DraftPart((key, index), frozenset(item), each, sound=True)
            for (index, item), each in zip(listed, sound, strict=False)
        )
    return tuple(
        _part((key, index), item, model) for index, item in listed if isinstance(item, dict)
    )


def condition_of(entry: RuleFile | JobFile) -> Condition:
    during = entry.during if isinstance(entry, RuleFile) else []
    return Condition(
        periods=frozenset(each for each in during if isinstance(each, str)),
        windows=tuple(each for each in during if isinstance(each, ClockWindow)),
        days=frozenset(entry.days),
        seasons=frozenset(entry.seasons),
        dates=tuple(entry.dates),
    )


def _part(loc: tuple[str, int], item: dict[str, object], model: type[E]) -> DraftPart[E]:
    try:
        return DraftPart(loc, frozenset(item), model.model_validate(item), sound=True)
    except ValidationError:
        return DraftPart(loc, frozenset(item), salvage(model, item), sound=False)


def salvage(model: type[M], data: dict[str, object]) -> M:
    """What of a faulty block is right, so that the sense of the rest can still be checked.

    A required field that is missing or wrong is None, whatever its annotation says. Needs a model
    with `validate_assignment`.
    """
    found: M = _empty(model).model_copy()
    for name in data.keys() & model.model_fields.keys():
        with suppress(ValidationError):
            setattr(found, name, data[name])
    return found


@cache
def _empty(model: type[BaseModel]) -> Any:
    """A block with nothing in it; made once, for pydantic takes half a millisecond to it."""
    required = (name for name, each in model.model_fields.items() if each.is_required())
    return model.model_construct(None, **dict.fromkeys(required))

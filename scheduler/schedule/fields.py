"""The values of a schedule file as pydantic and editors see them, each with its reader and its
JSON schema. What the keys are is said in `model`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from scheduler.schedule import text
from scheduler.schedule.clocktime import DASH_PATTERN, TIME_PATTERN
from scheduler.schedule.leaves import read
from scheduler.schedule.values import (
    GUARDS,
    Charge,
    ClockTime,
    ClockWindow,
    DateRange,
    DayName,
    Drift,
    JobKind,
    PeriodEdge,
)
from scheduler.setting import Export, GridCharging, Mode

T = TypeVar("T")

MOST_ITEMS: Final = 400
"""Items of a list within a rule or job: every day of a year by its date, and some."""

_TIME = f"({TIME_PATTERN})"
_WINDOW = f"^{_TIME}({DASH_PATTERN}){_TIME}$"
_PERIOD = r"^[^0-9:\s][^:]*$"
LENGTH = r"([0-9]+ ?([hH]|[hH](ou)?rs?|[mM]|[mM]in(ute)?s?|[sS]|[sS]ec(ond)?s?) ?)+"
_DAY = r"2[0-9]{3}-[0-9]{2}-[0-9]{2}"


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


def _words(words: tuple[str, ...], also: str | None = None) -> WithJsonSchema:
    """The words that an editor offers, and a pattern of others that are understood."""
    enum: dict[str, object] = {"enum": list(words)}
    return WithJsonSchema({"anyOf": [enum, {"type": "string", "pattern": also}]} if also else enum)


class _OneOrMany:
    """Lets editors accept a single value where a list may stand."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]}


def _as_list(data: object) -> object:
    return data if data is None or isinstance(data, list) else [data]


Many = Annotated[
    list[T], Field(min_length=1, max_length=MOST_ITEMS), BeforeValidator(_as_list), _OneOrMany()
]

Name = Annotated[
    str,
    read(text.name, "name"),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": text.LONGEST_NAME}),
]
During = Annotated[
    ClockWindow | str,
    read(text.during, "during"),
    WithJsonSchema({"type": "string", "anyOf": [{"pattern": _WINDOW}, {"pattern": _PERIOD}]}),
]
Day = Annotated[DayName, read(text.day, "day"), _words(text.DAY_NAMES, text.DAY_PATTERN)]
Season = Annotated[str, read(text.season, "season"), WithJsonSchema({"type": "string"})]
Dates = Annotated[
    DateRange, read(text.dates, "date"), _pattern(rf"^{_DAY}(( ?\.\. ?| - | to | ?[–—] ?){_DAY})?$")
]
Duration = Annotated[
    timedelta,
    read(text.duration, "duration"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{LENGTH}$"}, {"const": 0}]}),
]
Limit = Annotated[timedelta, read(text.limit, "duration"), _pattern(f"^{LENGTH}$")]
ModeWord = Annotated[
    Mode, read(text.mode, "mode"), _words(text.MODE_WORDS, "^[Tt]([Bb][Cc]|[Oo][Uu])$")
]
Grid = Annotated[
    GridCharging,
    read(text.grid_charging, "choice"),
    _words(tuple(each.value for each in GridCharging)),
]
ExportRule = Annotated[
    Export, read(text.export, "choice"), _words(tuple(each.value for each in Export))
]
Floor = Annotated[
    float,
    read(text.floor, "reserve"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^(100|[1-9]?[0-9])(\.[0-9]{1,6})? ?%?$"},
            ]
        }
    ),
]
ChargePower = Annotated[
    Charge,
    read(text.charge, "charge"),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "full"},
                {"type": "string", "pattern": r"^[0-9]{1,5}(\.[0-9]{1,3})? ?[kK]?[wW]$"},
            ]
        }
    ),
]
Guard = Annotated[str, read(text.guard, "guard"), _words(GUARDS)]
DriftWord = Annotated[
    Drift, read(text.drift, "choice"), _words(tuple(each.value for each in Drift))
]
Reserve = Annotated[
    text.Reserve,
    read(text.reserve, "reserve"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^(100|[1-9]?[0-9])(\.[0-9]{1,6})? *%?( *raw)?$"},
                {"const": "hold"},
            ]
        }
    ),
]
Kind = Annotated[JobKind, read(text.job_kind, "do"), _words(tuple(each.value for each in JobKind))]
At = Annotated[
    ClockTime | PeriodEdge,
    read(text.at, "at"),
    _pattern(rf"^({_TIME}|[^:.]+\.(start|end)( ?[+-] ?{LENGTH})?)$"),
]

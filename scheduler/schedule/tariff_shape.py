"""The shape of a tariff file and of the holiday lists: which keys there are and what they hold.

Editors' schemas and the reference page are made from these models. Whether seasons tile the
year is `tariff_sense`'s affair, whether windows tile the day `tariff_day`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)

from scheduler.schedule import zones
from scheduler.schedule.clocktime import DASH_PATTERN, TIME_PATTERN
from scheduler.schedule.holidays import DateOf, Observed, parse_rule
from scheduler.schedule.leaves import choice, fault, line, one_or_many, read, read_text
from scheduler.schedule.tariff_text import (
    OTHERWISE,
    Checked,
    Effective,
    SeasonSpan,
    Span,
    parse_checked,
    parse_currency,
    parse_date,
    parse_effective,
    parse_season,
    parse_window,
)
from scheduler.schedule.values import WEEKDAY_NAMES
from scheduler.schedule.wording import shown

NAME_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_]{0,39}$"
UNSTATED: Final = "unstated"
MOST_ITEMS: Final = 100
"""Seasons, periods of a day, windows of a period; no tariff has ten."""
_CLOCKS: Final = ("local", "utc")
_COUNT_AS: Final = ("weekend", "weekday")
Schema = dict[str, object]

_RANGE: Final = "2019-03-01..2022-12-31, without the end that is open"
_DATE_PATTERN: Final = r"\d{4}-\d\d-\d\d"


def _otherwise_alone(value: list[Span | None]) -> list[Span | None]:
    if len(value) > 1 and OTHERWISE in value:
        raise fault("window", "otherwise takes all the rest, so it stands alone.")
    return value


def _by_name(value: object) -> object:
    return {"": value} if isinstance(value, list) else value


def _one_or_list(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _text(pattern: str, *examples: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$", "examples": list(examples)}


_SEASON_JSON: Final = _text(r"\d\d-\d\d\s*\.\.\s*\d\d-\d\d", "06-01..09-30")
_WINDOW_JSON: Final = _text(
    rf"otherwise|(?:{TIME_PATTERN})(?:{DASH_PATTERN})(?:{TIME_PATTERN})", "16:00-21:00", "otherwise"
)
_DATE_JSON: Final = _text(_DATE_PATTERN, "2026-07-01")
_RULE_JSON: Final[Schema] = {
    "type": "string",
    "examples": ["07-04", "3rd monday of february", "last monday of may", "friday before easter"],
}
_DATES_JSON: Final[Schema] = {
    "anyOf": [
        {"type": "array", "items": _DATE_JSON},
        {"type": "object", "additionalProperties": _one_or_list(_DATE_JSON)},
    ]
}

DAY_KEYS: Final = (*WEEKDAY_NAMES, "weekday", "weekend", "holiday", "every_day")
CONFIDENCE: Final = ("high", "medium", "low", "none")
STATUS: Final = ("open", "closed", "superseded", "ended", "pilot", "unknown")
OBSERVED: Final = (*(each.value for each in Observed), UNSTATED)


def _choice_json(words: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


Text = Annotated[str, PlainValidator(line), WithJsonSchema({"type": "string", "minLength": 1})]
Names = Field(
    min_length=1,
    max_length=MOST_ITEMS,
    json_schema_extra={"propertyNames": {"pattern": NAME_PATTERN}},
)
Days = Field(
    min_length=1,
    max_length=MOST_ITEMS,
    json_schema_extra={"propertyNames": {"enum": list(DAY_KEYS)}},
)
Date = Annotated[
    date, read_text(parse_date, "date", "a date such as 2026-07-01"), WithJsonSchema(_DATE_JSON)
]
Rule = Annotated[
    DateOf,
    read_text(parse_rule, "holiday-rule", "a rule such as 07-04"),
    WithJsonSchema(_RULE_JSON),
]
_OneSeason = Annotated[SeasonSpan, read_text(parse_season, "season", "06-01..09-30")]
SeasonSpans = Annotated[
    list[_OneSeason],
    Field(min_length=1, max_length=MOST_ITEMS),
    BeforeValidator(one_or_many),
    WithJsonSchema(_one_or_list(_SEASON_JSON)),
]
_OneWindow = Annotated[Span | None, read_text(parse_window, "window", "16:00-21:00")]
Windows = Annotated[
    list[_OneWindow],
    Field(min_length=1, max_length=MOST_ITEMS),
    AfterValidator(_otherwise_alone),
    BeforeValidator(one_or_many),
    WithJsonSchema(_one_or_list(_WINDOW_JSON)),
]
DayTable = Annotated[dict[str, Windows], Names]
Tables = Annotated[dict[str, DayTable], Days]
_NamedDates = dict[str, Annotated[list[Date], BeforeValidator(one_or_many)]]
NamedDates = Annotated[_NamedDates, BeforeValidator(_by_name), WithJsonSchema(_DATES_JSON)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class HolidaysPart(_Part):
    """Which days are holidays, and what they do to the windows."""

    model_config = ConfigDict(title="holidays")

    list: Text | None = Field(
        default=None, description="One of the lists of holidays.yaml.", examples=["us-ca-utility-8"]
    )
    dates: NamedDates = Field(
        default_factory=dict,
        description="Dates of your own, with or without names.",
        examples=[["2026-12-24"], {"Christmas Eve": "2026-12-24"}],
    )
    days: dict[str, Rule] = Field(
        default_factory=dict,
        description="Rules of your own, by name.",
        examples=[{"May Day": "05-01"}, {"Family Day": "3rd monday of february"}],
    )
    observed: (
        Annotated[str, PlainValidator(choice(OBSERVED)), WithJsonSchema(_choice_json(OBSERVED))]
        | None
    ) = Field(
        default=None,
        description="What a holiday on a weekend does to the weekdays around it.",
        examples=["sunday_to_monday"],
    )
    count_as: (
        Annotated[str, PlainValidator(choice(_COUNT_AS)), WithJsonSchema(_choice_json(_COUNT_AS))]
        | None
    ) = Field(
        default=None,
        description="Whose windows a holiday uses in a season without `holiday` windows.",
        examples=["weekend"],
    )

    @property
    def rule(self) -> Observed:
        """The observed rule; the smallest set of days where the source does not tell."""
        if self.observed == UNSTATED:
            return Observed.SUNDAY_TO_MONDAY
        return Observed(self.observed or "none")


class PricesPart(_Part):
    """Illustrative prices per kWh; nothing is decided by them."""

    model_config = ConfigDict(title="prices")

    as_of: Date | None = Field(
        default=None, description="When they came into force.", examples=["2026-01-01"]
    )
    currency: Annotated[
        str, read_text(parse_currency, "currency", "USD"), WithJsonSchema(_text("[A-Z]{3}", "USD"))
    ] = Field(description="Three letters.", examples=["USD"])
    note: Text | None = Field(
        default=None, description="What they contain.", examples=["Delivery and generation."]
    )
    per_kwh: dict[str, dict[str, float]] = Field(
        description="Season, then period, then price. Zero is a price.",
        examples=[{"summer": {"on_peak": 0.59, "off_peak": 0.35}}],
    )


class TariffFile(_Part):
    """One tariff: the utility's rule book of zone, seasons, day classes and windows."""

    model_config = ConfigDict(title="a tariff file")

    tariff: Text = Field(description="The plan's name.", examples=["SCE TOU-D-4-9PM"])
    utility: Text | None = Field(
        default=None, description="Who sells the energy.", examples=["SCE"]
    )
    country: Text | None = Field(default=None, description="Where it holds.", examples=["US"])
    region: Text | None = Field(default=None, description="The state or province.", examples=["CA"])
    aliases: list[Text] = Field(
        default_factory=list, description="Other names of the plan.", examples=[["Option 4-9 PM"]]
    )
    status: (
        Annotated[str, PlainValidator(choice(STATUS)), WithJsonSchema(_choice_json(STATUS))] | None
    ) = Field(default=None, description="closed: for those who have it already.", examples=["open"])
    timezone: Annotated[
        ZoneInfo,
        read_text(zones.zone, "timezone", "America/Los_Angeles"),
        WithJsonSchema({"type": "string", "examples": ["America/Los_Angeles"]}),
    ] = Field(description="The IANA zone of the place.", examples=["America/Los_Angeles"])
    clock: Annotated[
        str, PlainValidator(choice(_CLOCKS)), WithJsonSchema(_choice_json(_CLOCKS))
    ] = Field(
        default="local", description="utc: a meter that ignores summer time.", examples=["local"]
    )
    effective: Annotated[
        Effective,
        read_text(parse_effective, "effective", _RANGE),
        WithJsonSchema(
            _text(rf"(?:{_DATE_PATTERN})?\s*\.\.\s*(?:{_DATE_PATTERN})?", "2019-03-01..")
        ),
    ] = Field(
        default="..",
        validate_default=True,
        description="First and last day of these windows.",
        examples=["2019-03-01.."],
    )
    checked: Annotated[
        Checked,
        read(parse_checked, "checked"),
        WithJsonSchema(
            {
                "anyOf": [
                    _text(r"\d{4}(?:-\d\d(?:-\d\d)?)?|unknown", "2026-07-01"),
                    {"type": "integer", "minimum": 1900, "maximum": 2999},
                ]
            }
        ),
    ] = Field(
        default="unknown",
        validate_default=True,
        description="When a person last compared it with the utility's sheet.",
        examples=["2026-07-01", "2026-07", 2026, "unknown"],
    )
    sources: list[Text] = Field(
        default_factory=list, description="Where it was read.", examples=[["SCE TOU-D sheet 12"]]
    )
    confidence: dict[
        str,
        Annotated[
            str, PlainValidator(choice(CONFIDENCE)), WithJsonSchema(_choice_json(CONFIDENCE))
        ],
    ] = Field(
        default_factory=dict, description="How sure each part is.", examples=[{"windows": "high"}]
    )
    seasons: Annotated[dict[str, SeasonSpans], Names] = Field(
        description="Month-day ranges, both ends included, that tile the year.",
        examples=[{"all_year": "01-01..12-31"}],
    )
    holidays: HolidaysPart | None = Field(
        default=None,
        description="Which days are holidays, and what they do.",
        examples=[{"list": "us-nerc-6", "observed": "none", "count_as": "weekend"}],
    )
    windows: Annotated[dict[str, Tables], Names] = Field(
        description="Season, then day class, then period, then its windows.",
        examples=[{"all_year": {"every_day": {"peak": "16:00-21:00", "off_peak": "otherwise"}}}],
    )
    prices: PricesPart | None = Field(
        default=None,
        description="Illustrative prices.",
        examples=[{"currency": "USD", "per_kwh": {"summer": {"on_peak": 0.59}}}],
    )
    notes: list[Text] = Field(
        default_factory=list,
        description="What an owner should know.",
        examples=[["Holidays are ordinary days."]],
    )


class HolidayListPart(_Part):
    """One list of holidays."""

    model_config = ConfigDict(title="a holiday list")

    source: Text = Field(description="Who uses it, and where it was read.", examples=["NERC"])
    checked: Date | None = Field(
        default=None, description="When a person last compared it.", examples=["2026-11-22"]
    )
    days: dict[str, Rule] = Field(
        default_factory=dict, description="Rules, by name.", examples=[{"May Day": "05-01"}]
    )
    dates: NamedDates = Field(
        default_factory=dict,
        description="Dates, by name.",
        examples=[{"Day of Mourning": "2022-09-22"}],
    )


class HolidaysFile(_Part):
    """The holiday lists that tariffs name."""

    model_config = ConfigDict(title="the holiday lists")

    lists: dict[str, HolidayListPart] = Field(
        description="Name, then its holidays.",
        examples=[{"one-day": {"source": "the law", "days": {"May Day": "05-01"}}}],
    )


def named(name: str) -> str:
    """A name in a sentence: as it is where it is a proper one."""
    return name if proper(name) else shown(name)


def proper(name: str) -> bool:
    """Whether it may name a season or a period."""
    return re.fullmatch(NAME_PATTERN, name) is not None

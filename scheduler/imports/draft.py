"""A tariff as the imports understand it: seasons, weeks of periods, illustrative prices, notes.

Neutral between the sources and the written file; knows neither JSON nor YAML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

DAY_MINUTES = 1440
MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

NO_CURRENCY = "XXX"
"""ISO 4217's code for "no currency is meant"."""

MonthDay: TypeAlias = tuple[int, int]
DateRange: TypeAlias = tuple[MonthDay, MonthDay]
Shape: TypeAlias = tuple[tuple[int, str], ...]
"""(Minute of the day at which it starts, period name), first at 0, neighbours different."""


@dataclass(frozen=True, slots=True)
class SeasonDraft:
    """Ranges of inclusive local dates, which may wrap the year, and Monday to Sunday's shapes."""

    name: str
    ranges: tuple[DateRange, ...]
    week: tuple[Shape, ...]
    prices: dict[str, float] = field(default_factory=dict)
    """Per kWh by period; a period without a known price is absent."""

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods of the week, the dearest first, those without a price last."""
        names = {name: None for shape in self.week for _, name in shape}
        return tuple(sorted(names, key=lambda name: -self.prices.get(name, float("-inf"))))


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA zone, and what a person should know of how it was found."""

    name: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TariffDraft:
    """All that is written into the tariff file."""

    name: str
    utility: str
    suggested_id: str
    zone: Zone
    seasons: tuple[SeasonDraft, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    effective: tuple[date | None, date | None] = (None, None)
    currency: str = NO_CURRENCY
    as_of: date | None = None


def varies_by_hour(seasons: tuple[SeasonDraft, ...]) -> bool:
    """Whether any season has more than one period in its week."""
    return any(len({name for shape in season.week for _, name in shape}) > 1 for season in seasons)


def shape(hours: list[tuple[int, str]]) -> Shape:
    """A day from (start minute, period) in order, equal neighbours merged."""
    merged: list[tuple[int, str]] = []
    for start, name in hours:
        if not merged or merged[-1][1] != name:
            merged.append((start, name))
    return tuple(merged)

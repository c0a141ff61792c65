"""A tariff as a week per season: rows of windows across the hours, and the prices beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduler.outlets.picture.svg import tone
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import DAY_SECONDS, Day, Schedule
from scheduler.schedule.weeks import rows, season_dates, season_named, windows


def facts(schedule: Schedule) -> dict[str, Any] | None:
    """What the template draws; None where the schedule has a zone alone."""
    tariff = schedule.calendar
    if not isinstance(tariff, Tariff) or not tariff.periods:
        return None
    prices = tariff.prices
    return {
        "name": tariff.name,
        "checked": tariff.checked,
        "currency": prices.currency if prices else None,
        "as_of": prices.as_of if prices else None,
        "seasons": [
            {"name": name, "dates": season_dates(tariff, name), "rows": _rows(tariff, name)}
            for name in tariff.season_names
        ],
        "periods": [
            {"name": each, "tone": tone(each), "prices": _prices(tariff, each)}
            for each in tariff.periods
        ],
    }


def to_json(schedule: Schedule) -> dict[str, Any] | None:
    """The same as data."""
    tariff = schedule.calendar
    if not isinstance(tariff, Tariff) or not tariff.periods:
        return None
    return {
        "name": tariff.name,
        "timezone": tariff.timezone,
        "seasons": [
            {
                "season": name,
                "dates": list(season_dates(tariff, name)),
                "rows": [
                    {"days": label, "windows": [_window_json(each) for each in windows(day)]}
                    for label, day in _days(tariff, name)
                ],
            }
            for name in tariff.season_names
        ],
    }


def _days(tariff: Tariff, season: str) -> Sequence[tuple[str, Day]]:
    has_holidays = tariff.holiday_calendar is not None
    return rows(season_named(tariff, season), holidays=has_holidays)


def _rows(tariff: Tariff, season: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "windows": [
                {
                    "period": period.replace("_", " "),
                    "tone": tone(period),
                    "span": f"{format_time(start)}-{format_time(end)}",
                    "begins": round(100 * start / DAY_SECONDS, 3),
                    "share": round(100 * (end - start) / DAY_SECONDS, 3),
                }
                for start, end, period in windows(day)
            ],
        }
        for label, day in _days(tariff, season)
    ]


def _window_json(window: tuple[int, int, str]) -> dict[str, str]:
    start, end, period = window
    return {"start": format_time(start), "end": format_time(end), "period": period}


def _prices(tariff: Tariff, period: str) -> list[tuple[str, float]]:
    if tariff.prices is None:
        return []
    found = tariff.prices.per_kwh.items()
    return [(season, prices[period]) for season, prices in found if period in prices]

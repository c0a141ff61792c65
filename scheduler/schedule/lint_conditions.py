"""Checks of single conditions: insets that leave nothing, dates that are over, days left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from scheduler.clock import format_duration
from scheduler.schedule.draft import Draft, condition_of
from scheduler.schedule.finding import Finding
from scheduler.schedule.tariff import HOLIDAY, Tariff
from scheduler.schedule.values import DAY_SECONDS, ClockWindow


def inset_too_long(draft: Draft) -> Iterator[Finding]:
    """Insets that leave nothing of clock windows, however these join."""
    for rule in draft.rules:
        condition, inset = condition_of(rule.file), rule.file.inset
        cut = inset.start + inset.end
        if not rule.sound or condition.periods or not condition.windows or not cut:
            continue
        longest = _longest_stretch(condition.windows)
        if longest and cut >= longest:
            message = (
                f"The inset takes {format_duration(cut)} of windows that last "
                f"{format_duration(longest)}, so the rule never holds. Write a shorter one."
            )
            yield Finding((*rule.loc, "inset"), message)


def inset_without_condition(draft: Draft) -> Iterator[Finding]:
    """Insets on rules that always hold."""
    for rule in draft.rules:
        if "inset" in rule.keys and rule.unconditional:
            message = "inset does nothing in a rule without a condition. Remove it."
            yield Finding((*rule.loc, "inset"), message, at_key=True)


def weekend_without_holiday(draft: Draft) -> Iterator[Finding]:
    """Weekends alone, where holidays have the prices of a weekend."""
    if not draft.tariff or not _holidays_are_weekends(draft.tariff):
        return
    for entry in draft.entries:
        if "weekend" in entry.file.days and "holiday" not in entry.file.days:
            message = (
                f"Holidays have the prices of a weekend in {draft.tariff.name}, and are left out "
                "here. Write days: [weekend, holiday] to have them in."
            )
            yield Finding((*entry.loc, "days"), message)


def past_dates(draft: Draft) -> Iterator[Finding]:
    for entry in draft.entries:
        last = max((each.last for each in entry.file.dates), default=None)
        if draft.today and last and last < draft.today:
            message = f"The last of these dates was {last}. Write new ones, or remove this entry."
            yield Finding((*entry.loc, "dates"), message)


def _holidays_are_weekends(tariff: Tariff) -> bool:
    if not tariff.holiday_calendar:
        return False
    shapes = [season.shapes for season in set(tariff.seasons.values())]
    like_sundays = all(each[HOLIDAY].periods == each[6].periods for each in shapes)
    return like_sundays and any(each[HOLIDAY].periods != each[0].periods for each in shapes)


def _longest_stretch(windows: tuple[ClockWindow, ...]) -> timedelta | None:
    """The longest unbroken stretch if windows came every day; None when they never end."""
    spans = sorted((each.start, _end(each)) for each in windows)
    spans += [(start + DAY_SECONDS, end + DAY_SECONDS) for start, end in spans]
    longest, start, end = 0, *spans[0]
    for next_start, next_end in spans[1:]:
        if next_start > end:
            start = next_start
        end = max(end, next_end)
        longest = max(longest, end - start)
    return None if longest >= DAY_SECONDS else timedelta(seconds=longest)


def _end(window: ClockWindow) -> int:
    return window.end + (DAY_SECONDS if window.crosses_midnight else 0)

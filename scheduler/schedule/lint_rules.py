"""Checks of single rules and jobs: insets that leave nothing, dates that are over, days left out,
and what is asked of the battery, by what gateways are known to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from scheduler.clock import format_duration
from scheduler.schedule.document import Loc
from scheduler.schedule.draft import Draft, condition_of
from scheduler.schedule.finding import Finding
from scheduler.schedule.tariff import HOLIDAY, Tariff
from scheduler.schedule.text import Reserve
from scheduler.schedule.values import DAY_SECONDS, ClockWindow
from scheduler.setting import HOLD, Mode, to_raw

# Wire values of the app's round percentages: 9.75 for 5 up to 95.25 for 95.
_RAW_OF_ROUND = {to_raw(percent): percent for percent in range(5, 100, 5)}


def inset_too_long(draft: Draft) -> Iterator[Finding]:
    """An inset is shorter than the clock windows that it shrinks.

    Insets that leave nothing of clock windows, however these join.
    """
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
    """An inset stands with a condition, since it shrinks its stretches."""
    for rule in draft.rules:
        if "inset" in rule.keys and rule.unconditional:
            message = "inset does nothing in a rule without a condition. Remove it."
            yield Finding((*rule.loc, "inset"), message, at_key=True)


def weekend_without_holiday(draft: Draft) -> Iterator[Finding]:
    """days: weekend also says holiday where the tariff gives holidays a weekend's prices."""
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
    """Dates are not all over."""
    for entry in draft.entries:
        last = max((each.last for each in entry.file.dates), default=None)
        if draft.today and last and last < draft.today:
            message = f"The last of these dates was {last}. Write new ones, or remove this entry."
            yield Finding((*entry.loc, "dates"), message)


def reserve_snaps(draft: Draft) -> Iterator[Finding]:
    """A reserve is not between 80% and 100%: since July 2025 many systems do not keep it.

    Since July 2025 systems keep 80 or 100 instead of 81 to 99 (Netzero's note of that month;
    evcc #22743; Predbat).
    """
    for loc, reserve, percent in _percentages(draft):
        if 80 < percent < 100 and not _looks_raw(reserve):
            message = (
                f"{percent:g}% is not kept by many systems since July 2025: they make 80% or "
                "100% of it. Write 80% or 100%."
            )
            yield Finding(loc, message)


def reserve_looks_raw(draft: Draft) -> Iterator[Finding]:
    """A reserve is the app's percent, not the wire's value of a round percent: 24 is 20%.

    24 is what the wire shows for the app's 20 (home-assistant/core #82297, #136957).
    """
    for loc, reserve, percent in _percentages(draft):
        if _looks_raw(reserve):
            app = _RAW_OF_ROUND[percent]
            message = (
                f"{percent:g} is how the gateway itself writes the app's {app}%. "
                f"Write {app}% if you mean what the app shows."
            )
            yield Finding(loc, message)


def reserve_is_fraction(draft: Draft) -> Iterator[Finding]:
    """A reserve is a percent, not a fraction: 0.2 is a fifth of one percent."""
    for loc, _, percent in _percentages(draft):
        if 0 < percent < 1:
            message = f"{percent:g}% is less than one percent. Write {percent * 100:g}% for a share"
            yield Finding(loc, f"{message} of {percent:g}.")


def backup_below_100(draft: Draft) -> Iterator[Finding]:
    """backup stands with 100%, to which it charges whatever its reserve says.

    In backup the battery charges to 98-100 whatever is configured (TWCManager #198).
    """
    for rule in draft.rules:
        reserve = rule.file.reserve
        if rule.file.mode is not Mode.BACKUP or reserve is None or reserve.value == 100:
            continue
        message = "backup charges to 100% whatever its reserve says."
        way_out = "Write 100%, or mode: self_consumption for a lesser reserve."
        yield Finding((*rule.loc, "reserve"), f"{message} {way_out}")


def at_least(draft: Draft) -> Iterator[Finding]:
    """at_least stands beside reserve: hold, as its floor."""
    for rule in draft.rules:
        reserve = rule.file.reserve
        if rule.file.at_least is not None and reserve is not None and reserve.value != HOLD:
            message = "at_least stands beside reserve: hold alone. Write hold, or remove it."
            yield Finding((*rule.loc, "at_least"), message, at_key=True)


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


def _looks_raw(reserve: Reserve) -> bool:
    return not reserve.raw and reserve.value in _RAW_OF_ROUND


def _percentages(draft: Draft) -> Iterator[tuple[Loc, Reserve, float]]:
    for rule in draft.rules:
        reserve = rule.file.reserve
        if reserve is not None and not isinstance(reserve.value, str):
            yield (*rule.loc, "reserve"), reserve, reserve.value

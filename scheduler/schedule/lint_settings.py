"""Checks of what a rule asks of the battery, by what gateways are known to do with it."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.schedule.document import Loc
from scheduler.schedule.draft import Draft
from scheduler.schedule.finding import Finding
from scheduler.schedule.text import Reserve
from scheduler.setting import HOLD, Mode, to_raw

# Wire values of the app's round percentages: 9.75 for 5 up to 95.25 for 95.
_RAW_OF_ROUND = {to_raw(percent): percent for percent in range(5, 100, 5)}


def reserve_snaps(draft: Draft) -> Iterator[Finding]:
    """Since July 2025 systems keep 80 or 100 instead of 81 to 99 (Netzero's note of that month;
    evcc #22743; Predbat)."""
    for loc, reserve, percent in _percentages(draft):
        if 80 < percent < 100 and not _looks_raw(reserve):
            message = (
                f"{percent:g}% is not kept by many systems since July 2025: they make 80% or "
                "100% of it. Write 80% or 100%."
            )
            yield Finding(loc, message)


def reserve_looks_raw(draft: Draft) -> Iterator[Finding]:
    """24 is what the wire shows for the app's 20 (home-assistant/core #82297, #136957)."""
    for loc, reserve, percent in _percentages(draft):
        if _looks_raw(reserve):
            app = _RAW_OF_ROUND[percent]
            message = (
                f"{percent:g} is how the gateway itself writes the app's {app}%. "
                f"Write {app}% if you mean what the app shows."
            )
            yield Finding(loc, message)


def reserve_is_fraction(draft: Draft) -> Iterator[Finding]:
    """0.2 for a fifth."""
    for loc, _, percent in _percentages(draft):
        if 0 < percent < 1:
            message = f"{percent:g}% is less than one percent. Write {percent * 100:g}% for a share"
            yield Finding(loc, f"{message} of {percent:g}.")


def backup_below_100(draft: Draft) -> Iterator[Finding]:
    """In backup the battery charges to 98-100 whatever is configured (TWCManager #198)."""
    for rule in draft.rules:
        reserve = rule.file.reserve
        if rule.file.mode is not Mode.BACKUP or reserve is None or reserve.value == 100:
            continue
        message = "backup charges to 100% whatever its reserve says."
        way_out = "Write 100%, or mode: self_consumption for a lesser reserve."
        yield Finding((*rule.loc, "reserve"), f"{message} {way_out}")


def at_least(draft: Draft) -> Iterator[Finding]:
    """A floor without the hold that it is for."""
    for rule in draft.rules:
        reserve = rule.file.reserve
        if rule.file.at_least is not None and reserve is not None and reserve.value != HOLD:
            message = "at_least stands beside reserve: hold alone. Write hold, or remove it."
            yield Finding((*rule.loc, "at_least"), message, at_key=True)


def _looks_raw(reserve: Reserve) -> bool:
    return not reserve.raw and reserve.value in _RAW_OF_ROUND


def _percentages(draft: Draft) -> Iterator[tuple[Loc, Reserve, float]]:
    for rule in draft.rules:
        reserve = rule.file.reserve
        if reserve is not None and not isinstance(reserve.value, str):
            yield (*rule.loc, "reserve"), reserve, reserve.value

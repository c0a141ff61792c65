"""The dates of an OpenEI record: epoch seconds, or text in the spellings its copies use.

An epoch date is midnight somewhere (00Z, 06Z, 07Z and 08Z are all seen), so dates are compared
with a day of slack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from scheduler.imports.document import Json
from scheduler.imports.naming import plain

SLACK = timedelta(days=1)
_TEXT = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# 1e11 seconds is the year 5138, so a larger number counts milliseconds.
_MILLISECONDS = 1e11


@dataclass(frozen=True, slots=True)
class DateOrder:
    """A date, or None with the reason where one was written that cannot be meant."""

    day: date | None
    remark: str = ""


def read(value: Json) -> DateOrder:
    """The date of a startdate or enddate; absent, null and empty are no date at all."""
    if value is None or value == "" or isinstance(value, bool):
        return DateOrder(None)
    if isinstance(value, (int, float)):
        return _epoch(value)
    if not isinstance(value, str):
        return DateOrder(None, "is not a date")
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _epoch(float(text))
    return _written(text)


def _epoch(seconds: float) -> DateOrder:
    if seconds == 0:
        return DateOrder(None, "is 0, which stands for no date")
    if abs(seconds) >= _MILLISECONDS:
        seconds /= 1000
    try:
        day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).date()
    except (OverflowError, ValueError):
        return DateOrder(None, f"is {seconds:g}, which is no date")
    return _sensible(day)


def _written(text: str) -> DateOrder:
    match = _TEXT.fullmatch(text)
    if match is None:
        return DateOrder(None, f'is "{plain(text, 40)}", which is not read')
    try:
        return _sensible(date(*(int(part) for part in match.groups())))
    except ValueError:
        return DateOrder(None, f'is "{plain(text, 40)}", which is no date')


def _sensible(day: date) -> DateOrder:
    if day.year < 100:
        return DateOrder(None, f"has the year {day.year}: two digits are not enough")
    if not 1900 <= day.year <= 2199:
        return DateOrder(None, f"is in the year {day.year}")
    if day == date(1970, 1, 1):
        return DateOrder(None, "is 1970-01-01, which stands for no date")
    return DateOrder(day)

"""What a person should still look up about a tariff that is formally right.

Pure: the local date is an argument. What is doubtful is the world, not the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from scheduler.schedule.finding import Finding
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.wording import listed

TARIFF_DOUBTS: Final = {
    "tariff-unsure": "The windows are known with high confidence.",
    "tariff-stale": "A person compared the tariff with the utility's sheet within the last year.",
    "tariff-not-in-force": "The tariff is in force.",
    "tariff-status": "The plan can still be chosen: it is not closed, superseded or ended.",
    "holidays-end": "Holidays that are listed by date reach three months ahead.",
}
"""The ids of the doubts, and what each asks for."""

_STATUS: Final = {
    "closed": "This plan is closed to new customers. Check that your bill still names it.",
    "superseded": "Another plan took this one's place. Check that your bill still names it.",
    "ended": "The utility ended this plan. Look for the tariff that followed.",
}
_COMPARE: Final = "Compare with your utility's sheet."
_YEAR: Final = timedelta(days=365)
_AHEAD: Final = timedelta(days=92)
_SHAKY: Final = {
    "windows": ("medium", "low", "none"),
    "seasons": ("low", "none"),
    "holidays": ("low", "none"),
    "observed_rule": ("low", "none"),
    "still_in_force": ("low", "none"),
}


def doubts(tariff: Tariff, today: date) -> tuple[Finding, ...]:
    """What is doubtful about a tariff on a local date."""
    return (
        *_unsure(tariff),
        *_stale(tariff, today),
        *_not_in_force(tariff, today),
        *_status(tariff),
        *_holidays_end(tariff, today),
    )


def _unsure(tariff: Tariff) -> Iterator[Finding]:
    shaky = [
        f"{subject.replace('_', ' ')} ({tariff.confidence[subject]})"
        for subject, words in _SHAKY.items()
        if tariff.confidence.get(subject) in words
    ]
    if shaky:
        message = f"Not sure in this tariff: {listed(shaky)}. {_COMPARE}"
        yield Finding(("confidence",), message, "tariff-unsure")


def _stale(tariff: Tariff, today: date) -> Iterator[Finding]:
    if tariff.checked_text is None:
        return
    if tariff.checked is None:
        message = f"When it was last compared with its source is not known. {_COMPARE}"
        yield Finding(("checked",), message, "tariff-stale")
    elif today - tariff.checked > _YEAR:
        message = (
            f"Its last comparison with its source ({tariff.checked_text}) "
            f"is more than a year old. {_COMPARE}"
        )
        yield Finding(("checked",), message, "tariff-stale")


def _not_in_force(tariff: Tariff, today: date) -> Iterator[Finding]:
    first, last = tariff.effective
    if last is not None and today > last:
        message = f"These windows ended on {last}. Look for the tariff that followed."
        yield Finding(("effective",), message, "tariff-not-in-force")
    if first is not None and today < first:
        message = f"These windows begin on {first}. Until then another tariff holds."
        yield Finding(("effective",), message, "tariff-not-in-force")


def _status(tariff: Tariff) -> Iterator[Finding]:
    message = _STATUS.get(tariff.status or "")
    if message:
        yield Finding(("status",), message, "tariff-status")


def _holidays_end(tariff: Tariff, today: date) -> Iterator[Finding]:
    years = tariff.holiday_years
    if years is not None and (today + _AHEAD).year >= years.stop:
        message = (
            f"Its holidays are listed by date until {years.stop - 1}. Add those that come after."
        )
        yield Finding(("holidays",), message, "holidays-end")

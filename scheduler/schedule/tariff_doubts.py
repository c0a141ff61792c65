"""What a person should still look up about a tariff that is formally right.

Pure: the local date is an argument. What is doubtful is the world, not the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt. `key` is the file's key that it is about."""

    key: str
    message: str
    id: str


def doubts(tariff: Tariff, today: date) -> tuple[Doubt, ...]:
    """What is doubtful about a tariff on a local date."""
    return (
        *_unsure(tariff),
        *_stale(tariff, today),
        *_not_in_force(tariff, today),
        *_status(tariff),
        *_holidays_end(tariff, today),
    )


def _unsure(tariff: Tariff) -> Iterator[Doubt]:
    shaky = [
        f"{subject.replace('_', ' ')} ({tariff.confidence[subject]})"
        for subject, words in _SHAKY.items()
        if tariff.confidence.get(subject) in words
    ]
    if shaky:
        message = f"Not sure in this tariff: {listed(shaky)}. {_COMPARE}"
        yield Doubt("confidence", message, "tariff-unsure")


def _stale(tariff: Tariff, today: date) -> Iterator[Doubt]:
    if tariff.checked_text is None:
        return
    if tariff.checked is None:
        message = f"When it was last compared with its source is not known. {_COMPARE}"
        yield Doubt("checked", message, "tariff-stale")
    elif today - tariff.checked > _YEAR:
        message = (
            f"Its last comparison with its source ({tariff.checked_text}) "
            f"is more than a year old. {_COMPARE}"
        )
        yield Doubt("checked", message, "tariff-stale")


def _not_in_force(tariff: Tariff, today: date) -> Iterator[Doubt]:
    first, last = tariff.effective
    if last is not None and today > last:
        message = f"These windows ended on {last}. Look for the tariff that followed."
        yield Doubt("effective", message, "tariff-not-in-force")
    if first is not None and today < first:
        message = f"These windows begin on {first}. Until then another tariff holds."
        yield Doubt("effective", message, "tariff-not-in-force")


def _status(tariff: Tariff) -> Iterator[Doubt]:
    message = _STATUS.get(tariff.status or "")
    if message:
        yield Doubt("status", message, "tariff-status")


def _holidays_end(tariff: Tariff, today: date) -> Iterator[Doubt]:
    years = tariff.holiday_years
    if years is not None and (today + _AHEAD).year >= years.stop:
        message = (
            f"Its holidays are listed by date until {years.stop - 1}. Add those that come after."
        )
        yield Doubt("holidays", message, "holidays-end")

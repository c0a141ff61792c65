"""Whether the parts of a schedule make sense together: the second pass over a file.

Each check is a function of the draft that yields what it finds; SENSE lists them. What needs a
plan (how long a stretch is, what happens on a night of a clock change) is not asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from scheduler.errors import Problem
from scheduler.schedule import lint_conditions, lint_names, lint_reach, lint_settings
from scheduler.schedule.complaints import SHAPE_CHECKS, position
from scheduler.schedule.draft import Draft
from scheduler.schedule.finding import Finding


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a draft. `about` is its sentence on the reference page."""

    id: str
    severity: Literal["error", "warning"]
    about: str
    find: Callable[[Draft], Iterable[Finding]]


SENSE: tuple[Check, ...] = (
    Check(
        "timezone",
        "error",
        "A schedule has a tariff, or else a timezone; where it has both, they agree.",
        lint_names.timezone,
    ),
    Check(
        "unknown-period",
        "error",
        "A period that is named is one of the tariff's.",
        lint_names.unknown_periods,
    ),
    Check(
        "unknown-season",
        "error",
        "A season that is named is one of the tariff's.",
        lint_names.unknown_seasons,
    ),
    Check(
        "duplicate-name",
        "error",
        "No two rules share a name, and no two jobs.",
        lint_names.duplicate_names,
    ),
    Check(
        "last-rule",
        "error",
        "The last rule has no condition, so that something holds at every instant.",
        lint_reach.last_rule,
    ),
    Check(
        "unreachable-rule",
        "error",
        "No rule stands below others that always win over it.",
        lint_reach.unreachable,
    ),
    Check(
        "never-holds",
        "error",
        "Every rule and job has a day on which its condition can hold.",
        lint_reach.never_holds,
    ),
    Check(
        "inset-too-long",
        "error",
        "An inset is shorter than the clock windows that it shrinks.",
        lint_conditions.inset_too_long,
    ),
    Check(
        "too-many",
        "error",
        "There are no more than 500 rules, and as many jobs.",
        lint_names.too_many,
    ),
    Check(
        "at-least",
        "error",
        "at_least stands beside reserve: hold, as its floor.",
        lint_settings.at_least,
    ),
    Check(
        "job-key",
        "error",
        "install, limit and allow_on_peak stand with firmware_check alone.",
        lint_names.job_keys,
    ),
    Check(
        "inset-without-condition",
        "warning",
        "An inset stands with a condition, since it shrinks its stretches.",
        lint_conditions.inset_without_condition,
    ),
    Check(
        "weekend-without-holiday",
        "warning",
        "days: weekend also says holiday where the tariff gives holidays a weekend's prices.",
        lint_conditions.weekend_without_holiday,
    ),
    Check(
        "past-dates",
        "warning",
        "Dates are not all over.",
        lint_conditions.past_dates,
    ),
    Check(
        "reserve-snaps",
        "warning",
        "A reserve is not between 80% and 100%: since July 2025 many systems do not keep it.",
        lint_settings.reserve_snaps,
    ),
    Check(
        "reserve-looks-raw",
        "warning",
        "A reserve is the app's percent, not the wire's value of a round percent: 24 is 20%.",
        lint_settings.reserve_looks_raw,
    ),
    Check(
        "reserve-is-fraction",
        "warning",
        "A reserve is a percent, not a fraction: 0.2 is a fifth of one percent.",
        lint_settings.reserve_is_fraction,
    ),
    Check(
        "backup-below-100",
        "warning",
        "backup stands with 100%, to which it charges whatever its reserve says.",
        lint_settings.backup_below_100,
    ),
)

VALUE_CHECKS = {
    "tariff": "tariff is the path of a file that exists, here or among the shipped ones.",
    "name": "A name is one printable line.",
    "during": "during holds periods and clock windows such as 22:00-08:00.",
    "day": "Days are mon to sun, weekday, weekend and holiday.",
    "season": "A season is a name.",
    "date": "Dates are written 2026-12-24 or 2026-12-24..2027-01-01.",
    "duration": "Durations are written 90s, 5m, 2h or 1h30m.",
    "mode": "A mode is the API's word or the app's; scheduler cannot be asked for.",
    "reserve": "A reserve is a percentage, hold, or the wire's value such as 9.75% raw.",
    "choice": "grid_charging, export and drift hold one of their words.",
    "charge": "charge is a power such as 3 kW, or full.",
    "guard": "A guard is one that the program knows.",
    "do": "A job does firmware_check, commit or sitemaster_run.",
    "at": "A job is due at a clock time, or at the edge of a period plus or minus a duration.",
}

CHECKS: dict[str, str] = {
    **SHAPE_CHECKS,
    **VALUE_CHECKS,
    **{check.id: check.about for check in SENSE},
}
"""Every id that a problem of a schedule file can end in, and what is asked."""


def lint(draft: Draft) -> list[Problem]:
    """What does not make sense, by place; warnings among it."""
    found = (
        replace(finding.in_file(draft.document), id=check.id, severity=check.severity)
        for check in SENSE
        for finding in check.find(draft)
    )
    return sorted(found, key=position)

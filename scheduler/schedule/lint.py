"""Whether the parts of a schedule make sense together: the second pass over a file.

Each check is a function of the draft that yields what it finds; SENSE lists them. What needs a
plan (how long a stretch is, what happens on a night of a clock change) is not asked here.
"""

from __future__ import annotations

from dataclasses import replace

from scheduler.errors import Problem
from scheduler.schedule import lint_names, lint_reach, lint_rules
from scheduler.schedule.complaints import SHAPE_CHECKS, position
from scheduler.schedule.draft import Draft
from scheduler.schedule.finding import Check, Finding

_ERRORS = (
    lint_names.timezone,
    lint_names.unknown_period,
    lint_names.unknown_season,
    lint_names.duplicate_name,
    lint_reach.last_rule,
    lint_reach.unreachable_rule,
    lint_reach.never_holds,
    lint_rules.inset_too_long,
    lint_names.too_many,
    lint_rules.at_least,
    lint_names.job_key,
)
_WARNINGS = (
    lint_rules.inset_without_condition,
    lint_rules.weekend_without_holiday,
    lint_rules.past_dates,
    lint_rules.reserve_snaps,
    lint_rules.reserve_looks_raw,
    lint_rules.reserve_is_fraction,
    lint_rules.backup_below_100,
)
SENSE: tuple[Check[Draft, Finding], ...] = tuple(
    Check(each, "warning" if each in _WARNINGS else "error") for each in (*_ERRORS, *_WARNINGS)
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
    found = [
        replace(finding.in_file(draft.document), id=check.id)
        for check in SENSE
        for finding in check.find(draft)
    ]
    warnings = {check.id for check in SENSE if check.severity == "warning"}
    marked = (replace(each, severity="warning") if each.id in warnings else each for each in found)
    return sorted(marked, key=position)

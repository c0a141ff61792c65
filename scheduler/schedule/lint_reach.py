"""Checks of which rules can hold at all, by themselves and below those that win over them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from scheduler.schedule.draft import Draft, DraftPart, condition_of
from scheduler.schedule.finding import Finding
from scheduler.schedule.lint_names import MOST_ENTRIES
from scheduler.schedule.model import JobFile, RuleFile
from scheduler.schedule.tariff import HOLIDAY
from scheduler.schedule.values import WEEKDAY_NAMES, Condition, Day, DayClass, PeriodEdge
from scheduler.schedule.wording import shown

# Far more than any list of exceptions; a longer range is as good as no dates at all.
_MOST_DATES = 1000
_ANY_MONDAY = date(2024, 1, 1)

Cell = tuple[str | None, DayClass, int, str | None]
"""Season, day class, day of the week and period: what a condition without windows and dates
can tell apart."""


def last_rule(draft: Draft) -> Iterator[Finding]:
    """The last rule has no condition, so that something holds at every instant.

    A condition on the last rule, and none without one before it.
    """
    if not draft.rules or not all(rule.conditional for rule in draft.rules):
        return
    last = draft.rules[-1]
    if draft.document.at(("rules", last.loc[1] + 1)) is not None:
        return
    message = (
        "The last rule has a condition, so there are times at which nothing holds. "
        "Add a rule with only name, mode and reserve at the end."
    )
    yield Finding(last.loc, message)


def unreachable_rule(draft: Draft) -> Iterator[Finding]:
    """No rule stands below others that always win over it."""
    if len(draft.rules) > MOST_ENTRIES:
        return
    for index, rule in enumerate(draft.rules):
        above = draft.rules[:index]
        always = next((each for each in above if each.unconditional), None)
        winner = always or next((each for each in above if _covers(each, rule)), None)
        if winner:
            yield Finding(rule.loc, _loses(draft, rule, winner))
        elif _covered(draft, above, rule):
            message = f"{_title(rule)} can never hold: the rules above it leave it no time."
            yield Finding(rule.loc, f"{message} Move it up, or remove it.")


def never_holds(draft: Draft) -> Iterator[Finding]:
    """Every rule and job has a day on which its condition can hold."""
    for entry in draft.entries:
        condition = _condition(draft, entry)
        if condition and not any(_met(condition, on, day) for on, day in _days(draft, condition)):
            message = f"{_title(entry)} can never hold: no day meets all of its conditions."
            yield Finding(entry.loc, f"{message} Remove one of them.")


def _title(entry: DraftPart[RuleFile] | DraftPart[JobFile]) -> str:
    return shown(entry.file.name) if entry.file.name else f"This {entry.loc[0].removesuffix('s')}"


def _loses(draft: Draft, rule: DraftPart[RuleFile], winner: DraftPart[RuleFile]) -> str:
    line = draft.document.place(winner.loc).line
    why = "holds whenever this would" if winner.conditional else "has no condition"
    message = f"{_title(rule)} can never hold: {_title(winner)} on line {line} {why} and stands"
    return f"{message} above it. Move this one up, or remove it."


def _condition(draft: Draft, entry: DraftPart[RuleFile] | DraftPart[JobFile]) -> Condition | None:
    """The condition of an entry, unless other findings are about it already."""
    if not entry.sound or draft.calendar is None:
        return None
    condition = condition_of(entry.file)
    if isinstance(entry.file, JobFile) and isinstance(entry.file.at, PeriodEdge):
        # Its edge may lie on another date than the job: only the season can be asked for.
        return None
    seasons = frozenset(draft.calendar.season_names)
    known = condition.periods <= draft.calendar.period_names and condition.seasons <= seasons
    return condition if known else None


def _covers(above: DraftPart[RuleFile], rule: DraftPart[RuleFile]) -> bool:
    """Whether one rule holds whenever another does, by comparing what they say word for word."""
    if not (above.sound and rule.sound) or _cuts(above):
        return False
    one, other = condition_of(above.file), condition_of(rule.file)
    if _crosses(other) and not one.windows and (one.days or one.seasons or one.dates):
        # The days of a window are those of its start, the days of a period those of the instant.
        return False
    during = not (one.periods or one.windows) or (
        bool(other.periods or other.windows)
        and other.periods <= one.periods
        and set(other.windows) <= set(one.windows)
    )
    return (
        during
        and (not one.days or (bool(other.days) and other.days <= one.days))
        and (not one.seasons or (bool(other.seasons) and other.seasons <= one.seasons))
        and (not one.dates or (bool(other.dates) and set(other.dates) <= set(one.dates)))
    )


def _covered(
    draft: Draft, above: tuple[DraftPart[RuleFile], ...], rule: DraftPart[RuleFile]
) -> bool:
    """Whether rules leave another no time between them, such as one for every period."""
    condition = _condition(draft, rule)
    if condition is None or not rule.conditional:
        return False
    taken: set[Cell] = set()
    for each in above:
        other = _condition(draft, each)
        if other and not (other.windows or other.dates or _cuts(each)):
            taken |= _cells(draft, other)
    return bool(taken) and _cells(draft, _at_most(condition)) <= taken


def _at_most(condition: Condition) -> Condition:
    """A condition without windows that holds at least whenever this one does."""
    if _crosses(condition):
        return Condition()
    if condition.windows:
        return Condition(days=condition.days, seasons=condition.seasons)
    return condition


def _crosses(condition: Condition) -> bool:
    return any(window.crosses_midnight for window in condition.windows)


def _cuts(rule: DraftPart[RuleFile]) -> bool:
    return bool(rule.file.inset.start or rule.file.inset.end)


def _cells(draft: Draft, condition: Condition) -> set[Cell]:
    return {
        (day.season, day.day_class, on.weekday(), period)
        for on, day in _kinds_of_day(draft)
        if _day_meets(condition, on, day)
        for _, period in day.periods
        if not condition.periods or period in condition.periods
    }


def _days(draft: Draft, condition: Condition) -> Iterator[tuple[date, Day]]:
    """The dates that a condition names, or else one of every kind of day."""
    assert draft.calendar is not None
    if not condition.dates:
        yield from _kinds_of_day(draft)
        return
    for span in condition.dates:
        for offset in range(min((span.last - span.first).days + 1, _MOST_DATES)):
            on = span.first + timedelta(days=offset)
            yield on, draft.calendar.day(on)
        if (span.last - span.first).days >= _MOST_DATES:
            yield from _kinds_of_day(draft)


def _kinds_of_day(draft: Draft) -> Iterator[tuple[date, Day]]:
    """Every kind of day, each on a date of the right day of the week but of no meaning."""
    assert draft.calendar is not None
    week = [_ANY_MONDAY + timedelta(days=offset) for offset in range(7)]
    for season in set(draft.calendar.seasons.values()):
        yield from ((on, season.shapes[on.weekday()]) for on in week)
        if draft.calendar.holiday_calendar:
            yield from ((on, season.shapes[HOLIDAY]) for on in week)


def _day_meets(condition: Condition, on: date, day: Day) -> bool:
    names = {WEEKDAY_NAMES[on.weekday()], day.day_class.value}
    if condition.days and condition.days.isdisjoint(names):
        return False
    return not condition.seasons or day.season in condition.seasons


def _met(condition: Condition, on: date, day: Day) -> bool:
    if not _day_meets(condition, on, day):
        return False
    if condition.windows or not condition.periods:
        return True
    return any(period in condition.periods for _, period in day.periods)

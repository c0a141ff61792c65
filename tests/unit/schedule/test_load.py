"""Schedules from text, on a zone alone; those with tariffs are in the integration floor."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.errors import ScheduleError
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.schedule.values import (
    ClockTime,
    ClockWindow,
    Condition,
    DateRange,
    Inset,
    Job,
    JobKind,
    Schedule,
)
from scheduler.setting import Mode, Setting

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = "schedule: Home\ntimezone: Australia/Brisbane\nrules:\n"
ALWAYS = "  - {name: always, mode: self_consumption, reserve: 20%}\n"


def load(text: str) -> Loaded:
    return parse_schedule(
        text, "home.yaml", folder=Path("nowhere"), now=datetime(2026, 11, 23, 12, tzinfo=UTC)
    )


def schedule_with(condition: str) -> Schedule:
    rule = f"  - {{name: charge, {condition}, mode: backup, reserve: 100%}}\n"
    return load(HEAD + rule + ALWAYS).schedule


CONDITIONS = {
    "one window": ("during: 22:00-08:00", Condition(windows=(ClockWindow(79_200, 28_800),))),
    "two windows in order": (
        "during: [22:00-24:00, 9:30-10:00:30]",
        Condition(windows=(ClockWindow(79_200, 86_400), ClockWindow(34_200, 36_030))),
    ),
    "a quoted window": ('during: "01:00-05:00"', Condition(windows=(ClockWindow(3600, 18_000),))),
    "one day": ("days: weekday", Condition(days=frozenset({"weekday"}))),
    "several days": ("days: [SAT, sun]", Condition(days=frozenset({"sat", "sun"}))),
    "one date": (
        "dates: 2026-12-24",
        Condition(dates=(DateRange(date(2026, 12, 24), date(2026, 12, 24)),)),
    ),
    "dates and a range": (
        "dates: [2026-12-24..2027-01-01, 2027-04-02]",
        Condition(
            dates=(
                DateRange(date(2026, 12, 24), date(2027, 1, 1)),
                DateRange(date(2027, 4, 2), date(2027, 4, 2)),
            )
        ),
    ),
    "all that there is": (
        "during: 00:00-06:00, days: mon, dates: 2026-12-21",
        Condition(
            windows=(ClockWindow(0, 21_600),),
            days=frozenset({"mon"}),
            dates=(DateRange(date(2026, 12, 21), date(2026, 12, 21)),),
        ),
    ),
}


@pytest.mark.parametrize(("text", "meant"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_a_condition_holds_what_its_keys_say(text: str, meant: Condition) -> None:
    schedule = schedule_with(text)

    assert schedule.rules[0].condition == meant


INSETS = {
    "both ends": ("5m", Inset(timedelta(minutes=5), timedelta(minutes=5))),
    "each end": ("{start: 5m, end: 10m}", Inset(timedelta(minutes=5), timedelta(minutes=10))),
    "the end alone": ("{end: 90s}", Inset(timedelta(0), timedelta(seconds=90))),
    "none": ("0", Inset()),
}


@pytest.mark.parametrize(("text", "meant"), INSETS.values(), ids=INSETS.keys())
def test_an_inset_is_for_both_ends_or_for_each(text: str, meant: Inset) -> None:
    schedule = schedule_with(f"during: 22:00-08:00, inset: {text}")

    assert schedule.rules[0].inset == meant


def test_a_schedule_on_a_zone_alone_has_neither_tariff_nor_periods() -> None:
    schedule = load(HEAD + ALWAYS).schedule

    assert (schedule.name, schedule.file) == ("Home", "home.yaml")
    assert schedule.timezone == "Australia/Brisbane"
    assert schedule.tariff_name is None
    assert schedule.peak_periods == schedule.period_names == schedule.season_names == frozenset()
    assert schedule.rules[0].setting == Setting(Mode.SELF_CONSUMPTION, 20.0)
    assert schedule.rules[0].condition.always
    assert str(schedule.rules[0].place) == "home.yaml:4:5"


def test_a_job_has_the_defaults_that_its_reference_tells() -> None:
    text = HEAD + ALWAYS + "jobs:\n  - {name: look, do: firmware_check, at: 7:15}\n"

    (job,) = load(text).schedule.jobs

    assert job == Job(
        name="look",
        do=JobKind.FIRMWARE_CHECK,
        at=ClockTime(26_100),
        condition=Condition(),
        place=job.place,
        install=False,
        limit=timedelta(minutes=15),
        allow_on_peak=False,
    )


def test_a_firmware_check_takes_its_own_keys() -> None:
    keys = "install: true, limit: 20m, allow_on_peak: true, days: [weekend, holiday]"
    text = HEAD + ALWAYS + f"jobs:\n  - {{name: a, do: firmware_check, at: 12:00, {keys}}}\n"

    (job,) = load(text).schedule.jobs

    assert (job.install, job.limit, job.allow_on_peak) == (True, timedelta(minutes=20), True)
    assert job.condition.days == {"weekend", "holiday"}


def test_the_digest_changes_with_any_letter_of_the_file() -> None:
    one, same, other = (load(HEAD + ALWAYS + tail).schedule.digest for tail in ("", "", "# x\n"))

    assert one == same
    assert one != other


def test_an_error_in_one_item_does_not_hide_the_one_beside_it() -> None:
    text = HEAD + "  - {name: a, during: [25:00-26:00, off_peak], mode: b, reserve: c}\n" + ALWAYS

    with pytest.raises(ScheduleError) as caught:
        load(text)

    assert [problem.id for problem in caught.value.problems] == [
        "during",
        "unknown-period",
        "mode",
        "reserve",
    ]


NOT_UNREACHABLE = {
    "other days below": ("days: weekday", "days: weekend"),
    "fewer days above": ("days: mon", "days: weekday"),
    "an inset above": ("during: 22:00-08:00, inset: 5m", "during: 22:00-08:00"),
    "windows of other days": ("days: fri", "during: 22:00-08:00, days: fri"),
    "more dates below": ("dates: 2026-12-24", "dates: [2026-12-24, 2026-12-25]"),
}


@pytest.mark.parametrize(("above", "below"), NOT_UNREACHABLE.values(), ids=NOT_UNREACHABLE.keys())
def test_a_rule_that_keeps_some_time_of_its_own_is_not_unreachable(above: str, below: str) -> None:
    first = f"  - {{name: a, {above}, mode: backup, reserve: 100%}}\n"
    second = f"  - {{name: b, {below}, mode: autonomous, reserve: 20%}}\n"

    assert load(HEAD + first + second + ALWAYS).warnings == ()


UNREACHABLE = {
    "the same window": ("during: 22:00-08:00", "during: 22:00-08:00, days: mon"),
    "a day of its days": ("days: [mon, tue]", "days: tue"),
    "every day of the week": ("days: [weekday, sat, sun]", "during: 22:00-08:00"),
    "a window of its days": ("days: [weekday, holiday]", "days: weekday, during: 8:00-9:00"),
    "the same dates": ("dates: [2026-12-24, 2026-12-25]", "dates: 2026-12-25, during: 1:00-2:00"),
}


@pytest.mark.parametrize(("above", "below"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_a_rule_that_always_loses_is_unreachable(above: str, below: str) -> None:
    first = f"  - {{name: a, {above}, mode: backup, reserve: 100%}}\n"
    second = f"  - {{name: b, {below}, mode: autonomous, reserve: 20%}}\n"

    with pytest.raises(ScheduleError) as caught:
        load(HEAD + first + second + ALWAYS)

    assert [problem.id for problem in caught.value.problems] == ["unreachable-rule"]

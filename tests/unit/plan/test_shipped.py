"""The shipped tariffs through the plan: nights over a change of season, class or clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scheduler.clock import iso
from scheduler.plan import boundaries, desired_at, plan
from scheduler.schedule import library

from .conftest import Build

at = datetime.fromisoformat

# Tariff, the period a rule asks for, start, hours, and the stretches found, UTC.
STRETCHES = {
    "SCE A: a weekday night": (
        "sce-tou-d-a", "super_off_peak", "2026-07-06T20:00Z", 24,
        ["07-07T05:00 07-07T15:00"],
    ),
    "SCE A: the weekend's peak does not exist": (
        "sce-tou-d-a", "on_peak", "2026-07-11T12:00Z", 42, [],
    ),
    "SCE A: the night of a change of season is unbroken": (
        "sce-tou-d-a", "super_off_peak", "2026-09-30T20:00Z", 24,
        ["10-01T05:00 10-01T15:00"],
    ),
    "SCE A: the short spring night": (
        "sce-tou-d-a", "super_off_peak", "2026-03-07T20:00Z", 24,
        ["03-08T06:00 03-08T15:00"],
    ),
    "SCE A: the long autumn night": (
        "sce-tou-d-a", "super_off_peak", "2026-10-31T20:00Z", 24,
        ["11-01T05:00 11-01T16:00"],
    ),
    "SCE A: Friday before a Saturday holiday has its peak": (
        "sce-tou-d-a", "on_peak", "2026-07-03T12:00Z", 24,
        ["07-03T21:00 07-04T03:00"],
    ),
    "SCE A: Monday after a Sunday holiday has no peak": (
        "sce-tou-d-a", "on_peak", "2027-07-05T12:00Z", 24, [],
    ),
    "SCE 4-9PM: the season changes inside the off-peak night": (
        "sce-tou-d-4-9pm", "off_peak", "2026-06-01T03:00Z", 24,
        ["06-01T04:00 06-01T23:00"],
    ),
    "SCE 4-9PM: the first winter morning is super off-peak": (
        "sce-tou-d-4-9pm", "super_off_peak", "2026-09-30T12:00Z", 48,
        ["10-01T15:00 10-01T23:00"],
    ),
    "Ontario ULO: Friday night into Saturday is unbroken": (
        "ontario-rpp-ulo", "ultra_low_overnight", "2026-10-30T20:00Z", 24,
        ["10-31T03:00 10-31T11:00"],
    ),
    "Ontario TOU: a change of season on a day of 25 hours is off-peak throughout": (
        "ontario-rpp-tou", "off_peak", "2026-10-30T20:00Z", 72,
        ["10-30T23:00 11-02T12:00"],
    ),
    "SRP E-28: the holiday keeps its super off-peak": (
        "srp-e-28", "super_off_peak", "2026-05-25T10:00Z", 24, ["05-25T15:00 05-25T22:00"],
    ),
    "SRP E-28: the holiday loses its peak": (
        "srp-e-28", "on_peak", "2026-05-25T10:00Z", 24, [],
    ),
    "Octopus Go: the short night": (
        "octopus-go", "off_peak", "2026-03-28T12:00Z", 24, ["03-29T00:30 03-29T04:30"],
    ),
    "Octopus Flux: cheap hours begin at the end of the gap": (
        "octopus-flux", "flux_off_peak", "2026-03-28T20:00Z", 16, ["03-29T01:00 03-29T04:00"],
    ),
    "Good Energy: the meter ignores summer time": (
        "goodenergy-smart-meter-ev", "off_peak", "2026-07-06T12:00Z", 24,
        ["07-07T00:00 07-07T05:00"],
    ),
    "Powershift: the weekend's low rate runs into Monday morning": (
        "ni-powershift", "low", "2026-07-05T12:00Z", 24, ["07-05T19:00 07-06T08:00"],
    ),
    "Ausgrid: the last day before the peak season": (
        "ausgrid-ea025", "peak", "2026-10-30T14:00Z", 23, [],
    ),
    "Ausgrid: the first day of the peak season": (
        "ausgrid-ea025", "peak", "2026-10-31T13:00Z", 23, ["11-01T04:00 11-01T10:00"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("tariff", "period", "start", "hours", "stretches"), STRETCHES.values(), ids=STRETCHES
)
def test_a_period_of_a_shipped_tariff_is_found_where_the_sheet_has_it(
    *, build: type[Build], tariff: str, period: str, start: str, hours: int, stretches: list[str]
) -> None:
    calendar = library.load(tariff)
    assert period in calendar.periods
    schedule = build.schedule(calendar, build.rule(during=period))
    found = boundaries(schedule, at(start), at(start) + timedelta(hours=hours))
    assert [iso(entry.at)[5:16] for entry in found] == " ".join(stretches).split()


def test_a_season_without_windows_has_no_boundary_for_months(build: type[Build]) -> None:
    # Consumers' winter is one window of twenty-four hours, from October to May.
    calendar = library.load("consumers-rsp")
    schedule = build.schedule(calendar, build.rule(during="on_peak"))
    found = boundaries(schedule, at("2026-10-01T12:00Z"), at("2027-05-31T12:00Z"))
    assert found == ()


@pytest.mark.parametrize("tariff", library.ids())
def test_every_shipped_tariff_plans_a_year_that_agrees_with_its_own_reading(
    build: type[Build], tariff: str
) -> None:
    calendar = library.load(tariff)
    rules = [
        build.rule(name, build.CHARGE if number % 2 else build.RUN, during=name)
        for number, name in enumerate(calendar.periods)
    ]
    schedule = build.schedule(calendar, *rules)
    start = at("2026-11-22T08:00Z")
    for entry in plan(schedule, start, start + timedelta(days=366)).entries:
        for instant in (entry.at, entry.at - timedelta(seconds=1)):
            moment = calendar.at(instant)
            desired = desired_at(schedule, instant)
            assert (desired.rule, desired.period) == (moment.period, moment.period)
            assert (desired.season, desired.day_class) == (moment.season, moment.day_class)
        assert entry.name == entry.period == calendar.at(entry.at).period

"""The week in five lines, also where the service was not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler import plan
from scheduler.audit.answers import Event
from scheduler.audit.readings import KeptReading
from scheduler.audit.views import RunView
from scheduler.outlets.digest import Week, digest
from scheduler.outlets.digest.week import switched
from scheduler.outlets.hindsight import Hindsight, Then
from scheduler.outlets.notices.notice import Story
from scheduler.outlets.watched import STOPPED, Gap
from scheduler.plan import Lease, LeaseKind
from scheduler.schedule import library
from scheduler.schedule.load import load_schedule
from scheduler.schedule.tariff import Tariff

ZONE = ZoneInfo("America/Los_Angeles")
START = datetime(2026, 11, 16, 8, tzinfo=UTC)
END = START + timedelta(days=7)
SCHEDULE = load_schedule(library.shipped() / "sce-tou-d-4-9pm.yaml").schedule
DUE = [each.at for each in plan.boundaries(SCHEDULE, START, END)]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def run(at: datetime, late: timedelta = 2 * SECOND, outcome: str = "confirmed") -> RunView:
    return RunView(
        run=1, site="home", kind="switch", name="x", wake="boundary", planned_at=at, started_at=at,
        finished_at=at + late, outcome=outcome, wanted=None, observed=None, attempt=1, error=None,
        note=None, gateway="local", detail={}, steps=(),
    )  # fmt: skip


def week(runs: list[RunView] | None = None, **more: Any) -> Week:
    facts = Hindsight(
        site="home", start=START, end=END, now=END + timedelta(hours=16),
        thens=(Then("digest", None, SCHEDULE),), leases=(), kept=(),
        runs=tuple([run(at) for at in DUE] if runs is None else runs), gaps=(), readings=(),
        guards=(), starts=(), firmware=None, gateway="local",
    )  # fmt: skip
    of_week = {key: more.pop(key) for key in ("stories", "firmware") if key in more}
    ahead = more.pop("ahead", SCHEDULE)
    return Week(replace(facts, **more), ZONE, ahead=ahead, **of_week)


def test_a_calm_week_names_the_holiday_to_come() -> None:
    lines = digest(week()).splitlines()

    assert lines[0] == (
        f"Week of 16 Nov: {len(DUE)} of {len(DUE)} switches confirmed, worst 2 s late. "
        "Wrong setting: 0 min."
    )
    assert lines[1].startswith("Next week: Thu 26 Nov is Thanksgiving")
    assert lines[1].endswith(". Nothing for you to do.")
    assert lines[2] == ""
    assert lines[3].startswith("Mon 16 Nov: ")
    assert len(lines) == 10


def test_a_week_in_which_nothing_happened_is_one_line() -> None:
    text = digest(week(ahead=replace(SCHEDULE, calendar=_bare())))

    assert text.endswith("Wrong setting: 0 min. Nothing for you to do.")
    assert len(text.splitlines()) == 1


def _bare() -> Tariff:
    from scheduler.schedule.tariff import bare

    return bare("America/Los_Angeles")


def test_time_in_a_wrong_setting_is_what_a_switch_took_beyond_a_minute() -> None:
    runs = [run(at) for at in DUE]
    runs[3] = run(DUE[3], 41 * SECOND)
    runs[4] = run(DUE[4], 25 * MINUTE)

    text = digest(week(runs))

    assert "switches confirmed, worst 25 min late. Wrong setting: 25 min." in text


def test_a_week_without_the_service_counts_every_switch_that_was_due() -> None:
    text = digest(week([], gaps=(Gap(START - MINUTE, END + MINUTE, STOPPED),)))

    assert text.startswith(
        f"Week of 16 Nov: 0 of {len(DUE)} switches confirmed. Wrong setting: 6 d"
    )
    assert "Watch: nobody watched for 7 d 0 h (the service was stopped)." in text


def test_a_run_that_did_not_end_well_proves_nothing() -> None:
    runs = [run(at, outcome="unconfirmed" if at == DUE[0] else "confirmed") for at in DUE]

    assert [each.late is None for each in switched(week(runs))][:2] == [True, False]


def test_a_switch_in_a_pause_is_not_missed() -> None:
    pause = Lease("a", LeaseKind.PAUSE, begun=DUE[0] - MINUTE, until=DUE[0] + MINUTE)

    assert len(switched(week([], leases=(pause,)))) < len(DUE) + 1
    assert DUE[0] not in [each.at for each in switched(week([], leases=(pause,)))]


def test_grid_in_a_peak_is_told_with_what_the_battery_and_the_house_did() -> None:
    """SCE calls it mid-peak in winter; nothing is dearer."""
    peak = datetime(2026, 11, 20, 2, 40, tzinfo=UTC)  # Thu 18:40
    readings = [
        KeptReading(at=peak + n * 5 * MINUTE, source="x", charge=5.0, grid_w=1200.0, load_w=7100.0)
        for n in range(5)
    ]

    text = digest(week(readings=tuple(readings)))

    assert (
        "Grid in peak: 0.4 kWh, most on Thu 18:40-19:00 (battery at 5 %, load up to 7.1 kW)."
        in text
    )
    assert "From the grid at list prices: 0." in text
    assert "; without battery " in text
    assert "(readings cover 0.2 %)." in text


def test_what_to_watch_and_what_to_do_are_said() -> None:
    open_one = Story(7, "refused", "The gateway refuses: no.", True, END - 90 * MINUTE)
    new = Event(START + timedelta(days=1), "firmware", {"firmware": "26.34.1"})

    lines = digest(week(stories=(open_one,), firmware=(new,))).splitlines()

    assert lines[1] == (
        "Watch: 1 incident of 1 h 30 min: The gateway refuses: no; firmware 26.34.1 came Tue 00:00."
    )
    assert lines[2].endswith("To look at: The gateway refuses: no.")


def test_a_week_whose_schedule_is_not_known_says_so() -> None:
    text = digest(week([], thens=(Then(problem="The audit does not tell."),), ahead=None))

    assert text.startswith("Week of 16 Nov: what was due is not known. The audit does not tell.")
    assert "To look at: the schedule cannot be read; `tou check` tells why." in text


def test_the_change_of_the_clock_is_told_beforehand() -> None:
    start = datetime(2026, 10, 19, 7, tzinfo=UTC)
    text = digest(
        week([], start=start, end=start + timedelta(days=7), now=start + timedelta(days=8))
    )

    assert "the clock changes in the night to Mon 2 Nov" in text or "to Sun 1 Nov" in text

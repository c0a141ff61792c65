"""Jobs against the simulated gateway: what a firmware check sees, and when it keeps away."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from scheduler.errors import Place
from scheduler.gateway.abilities import Update, UpdateState
from scheduler.schedule.values import ClockTime, Condition, Day, DayClass, Job, JobKind
from scheduler.simulated import SimulatedGateway
from scheduler.site import firmware
from scheduler.site.jobs import Jobs
from scheduler.words import Outcome, Wake

from .conftest import Home

PLACE = Place("home.yaml", 9, 5)


def job(do: JobKind = JobKind.FIRMWARE_CHECK, **more: Any) -> Job:
    return Job("the job", do, ClockTime(9 * 3600 + 300), Condition(), PLACE, **more)


@dataclasses.dataclass(frozen=True)
class Peaky:
    """A calendar whose every hour is a peak."""

    zone: object
    display_zone: object

    def day(self, _date: date) -> Day:
        return Day("summer", DayClass.WEEKDAY, ((0, "on_peak"),))


@pytest.fixture
def options() -> dict[str, Any]:
    return {}


@pytest.fixture
async def device(options: dict[str, Any]) -> AsyncIterator[SimulatedGateway]:
    settings = {
        "run_seconds": 0.05,
        "stop_seconds": 0.02,
        "check_seconds": 0.1,
        "download_seconds": 0.1,
        "away_seconds": 0.3,
        **options,
    }
    async with SimulatedGateway(profile="1.49", **settings) as made:
        yield made


@pytest.fixture
async def at_work(home: Home, device: SimulatedGateway) -> Home:
    """A home on a device of its own options, with the setting in force."""
    home.device = device
    await home.look(Wake.START)
    return home


async def run(home: Home, wanted: Job) -> firmware.Ending:
    return await Jobs(home.controller, poll=0.05).run(wanted, Wake.OPERATOR, planned_at=None)


async def test_a_check_that_finds_nothing_is_completed_with_what_it_saw(at_work: Home) -> None:
    ending = await run(at_work, job())

    assert ending.outcome is Outcome.COMPLETED
    assert ending.seen["status"] == "nonactionable"
    steps = [step.path for step in at_work.runs()[-1].steps]
    assert "/api/system/update?force=true" in steps
    assert steps.count("/api/system/update/status") >= 2


@pytest.mark.parametrize("options", [{"update": "staged"}])
async def test_a_staged_update_is_left_alone_without_install(at_work: Home) -> None:
    ending = await run(at_work, job())

    assert (ending.outcome, ending.seen["state"]) == (Outcome.COMPLETED, "/update_staged")
    assert at_work.sent("POST", "/api/system/update") == 0


@pytest.mark.parametrize("options", [{"update": "staged", "update_version": "1.49.1"}])
async def test_install_waits_until_the_gateway_is_back_with_the_new_version(at_work: Home) -> None:
    ending = await run(at_work, job(install=True))

    assert ending.outcome is Outcome.COMPLETED, ending
    assert ending.seen["version"] != ending.seen["was"]
    assert at_work.sent("POST", "/api/system/update") == 1
    assert at_work.controller.installing is False


@pytest.mark.parametrize(
    "options", [{"update": "staged", "update_version": "1.49.1", "away_seconds": 0.6}]
)
async def test_switching_is_deferred_while_an_update_is_installed(at_work: Home) -> None:
    at_work.clock.instant = at_work.clock.instant.replace(hour=22)
    task = asyncio.create_task(run(at_work, job(install=True)))
    while not at_work.controller.installing:
        await asyncio.sleep(0.01)

    attempt = await at_work.look(Wake.BOUNDARY)
    await task

    assert attempt.outcome is Outcome.DEFERRED
    deferred = next(run for run in at_work.runs() if run.outcome == "deferred")
    assert "being installed" in deferred.error
    assert (await at_work.look(Wake.PULSE)).outcome is Outcome.CONFIRMED


async def test_a_check_that_never_ends_gives_up_at_its_limit(at_work: Home) -> None:
    ending = await run(at_work, job(limit=timedelta(seconds=0)))

    assert ending.outcome is Outcome.FAILED
    assert "Gave up after 0s" in ending.error


@pytest.mark.parametrize("options", [{"check_seconds": 60}])
async def test_a_job_cut_off_by_a_stop_says_so_at_once(at_work: Home) -> None:
    task = asyncio.create_task(run(at_work, job()))
    while not at_work.sent("GET", "/api/system/update"):
        await asyncio.sleep(0.01)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    last = at_work.runs()[-1]
    assert (last.outcome, last.kind) == ("interrupted", "firmware_check")
    assert "check" in {step.step for step in last.steps}


async def test_no_check_is_made_in_a_peak_unless_the_job_allows_it(at_work: Home) -> None:
    calendar = at_work.schedule.calendar
    at_work.change(
        calendar=Peaky(calendar.zone, calendar.display_zone), peak_periods=frozenset({"on_peak"})
    )

    kept_away = await run(at_work, job())
    allowed = await run(at_work, job(allow_on_peak=True))

    assert (kept_away.outcome, allowed.outcome) == (Outcome.DEFERRED, Outcome.COMPLETED)
    assert "on_peak" in kept_away.error
    assert at_work.sent("GET", "/api/system/update") == 1


@pytest.mark.parametrize(
    ("do", "path"),
    [(JobKind.COMMIT, "/api/config/completed"), (JobKind.SITEMASTER_RUN, "/api/sitemaster/run")],
)
async def test_a_commit_or_a_run_is_one_request_on_the_record(
    at_work: Home, do: JobKind, path: str
) -> None:
    before = at_work.sent("GET", path)

    ending = await run(at_work, job(do))

    assert ending.outcome is Outcome.COMPLETED
    assert at_work.sent("GET", path) == before + 1
    assert at_work.runs()[-1].kind == do.value


async def test_a_job_of_a_gateway_that_does_not_answer_is_unreachable(at_work: Home) -> None:
    at_work.device.faults.refuse = True

    ending = await run(at_work, job(JobKind.COMMIT))

    assert ending.outcome is Outcome.UNREACHABLE


async def test_a_job_is_due_once_and_one_that_is_too_late_is_missed(at_work: Home) -> None:
    at_work.change(jobs=(job(JobKind.COMMIT),))
    jobs = Jobs(at_work.controller)
    at_work.clock.move(minutes=6)

    due = await jobs.due(at_work.clock.now())
    again = await jobs.due(at_work.clock.now())
    at_work.clock.move(days=1, hours=3)
    late = await jobs.due(at_work.clock.now())

    assert [entry.name for entry in due] == ["the job"]
    assert (again, late) == ((), ())
    assert at_work.runs()[-1].outcome == "missed"


async def test_after_a_step_back_of_the_clock_the_same_hours_count_anew(at_work: Home) -> None:
    at_work.change(jobs=(job(JobKind.COMMIT),))
    jobs = Jobs(at_work.controller)
    at_work.clock.move(minutes=6)
    await jobs.due(at_work.clock.now())
    at_work.clock.step(minutes=-6)
    await jobs.due(at_work.clock.now())
    at_work.clock.move(minutes=6)

    due = await jobs.due(at_work.clock.now())

    assert len(due) == 1


async def test_a_clock_set_back_and_forth_makes_nothing_missed_that_was_done(
    at_work: Home,
) -> None:
    at_work.change(jobs=(job(JobKind.COMMIT),))
    jobs = Jobs(at_work.controller)
    at_work.clock.move(minutes=6)
    assert len(await jobs.due(at_work.clock.now())) == 1
    at_work.clock.step(days=-2)
    await jobs.due(at_work.clock.now())
    at_work.clock.step(days=2, minutes=30)

    late = await jobs.due(at_work.clock.now())

    told = [run.planned_at for run in at_work.runs() if run.outcome == "missed"]
    assert (late, len(told)) == ((), 1)
    assert told[0] is not None
    assert told[0] < at_work.clock.instant - timedelta(days=1)


def test_an_old_answer_does_not_count_as_the_answer_to_this_check() -> None:
    update = Update(UpdateState.SUCCEEDED, "x", "nonactionable", 1000, "1")

    assert not firmware._answered(update, update, was_busy=False, elapsed=600)
    newer = dataclasses.replace(update, last_status_ms=1001)
    assert firmware._answered(newer, update, was_busy=False, elapsed=0)

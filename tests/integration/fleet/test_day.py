"""A day in the life of a house on the cloud: every boundary applied, confirmed and recorded, and
the month's budget kept."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.audit import review
from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.gateway.fleet import BUDGET
from scheduler.schedule import library
from scheduler.schedule.load import load_schedule
from scheduler.site.backoff import Backoff
from scheduler.site.shown import state_of
from scheduler.site.site import Site
from scheduler.site.wish import Conduct
from scheduler.words import Wake

from .conftest import Clock, Stand

PULSE = timedelta(minutes=5)
BEGIN = datetime(2026, 1, 12, 7, 0, tzinfo=UTC)  # a Monday, 23:00 in Los Angeles


@pytest.fixture
async def home(stand: Stand, tmp_path: Path) -> AsyncIterator[tuple[Site, Database]]:
    stand.clock.instant = BEGIN
    stand.sign_in()
    database = open_database(tmp_path / "tou.db", create=True)
    writer = Writer(database)
    recorder = Recorder(writer, "home", now=stand.clock.now)
    site = Site(
        "home",
        load_schedule(library.shipped() / "sce-tou-d-4-9pm.yaml"),
        stand.open(),
        recorder,
        Conduct(Backoff(5.0, 300.0)),
        kind="fleet",
        now=stand.clock.now,
        monotonic=stand.clock.monotonic,
        synchronised=lambda: True,
    )
    yield site, database
    recorder.close()
    writer.close()
    database.close()


async def live(site: Site, clock: Clock, until: datetime) -> None:
    """Wake the site when it wants to be woken, and at each pulse."""
    await site.look(Wake.START)
    pulse = clock.instant + PULSE
    while clock.instant < until:
        alarms = [each for each in site.alarms(clock.now()) if each.wake is not Wake.JOB]
        soonest = min(alarms, key=lambda alarm: alarm.at)
        at = min(soonest.at, pulse)
        if at > clock.instant:
            clock.move(seconds=(at - clock.instant).total_seconds())
        if at == pulse:
            pulse += PULSE
            await site.look(Wake.PULSE)
        else:
            await site.look(soonest.wake, due=soonest.due)


async def test_every_boundary_of_a_day_is_confirmed_within_the_budget(
    stand: Stand, home: tuple[Site, Database]
) -> None:
    site, database = home
    stand.faults.lag = 12.0
    stand.faults.stale = 8.0
    await site.start(alive_until=None, alone=True)

    await live(site, stand.clock, BEGIN + timedelta(days=1))

    switches = [run for run in review.runs(database) if run.kind == "switch"]
    wrote = [run.outcome for run in switches if run.outcome != "unchanged"]
    assert wrote == ["confirmed", "confirmed"]
    spent = 8.0 - stand.opened[-1].left()["dollars"]
    assert spent * 31 < 8.0
    assert stand.cloud.cloud.commands == 4


async def test_somebody_else_s_change_is_seen_within_half_an_hour_and_then_put_right(
    stand: Stand, home: tuple[Site, Database]
) -> None:
    site, database = home
    await site.start(alive_until=None, alone=True)
    await live(site, stand.clock, BEGIN + timedelta(hours=1))
    stand.cloud.cloud.take(mode="autonomous")

    await live(site, stand.clock, BEGIN + timedelta(hours=1, minutes=30))
    assert state_of(site, stand.clock.now()).confirmed is None
    await live(site, stand.clock, BEGIN + timedelta(hours=1, minutes=50))

    assert stand.cloud.cloud.in_force.mode == "self_consumption"
    assert [run.outcome for run in review.runs(database)][-1] == "confirmed"


async def test_updated_that_changes_nothing_is_never_called_confirmed(
    stand: Stand, home: tuple[Site, Database]
) -> None:
    site, database = home
    stand.cloud.cloud.take(mode="autonomous")
    stand.faults.set("ignored:operation")
    await site.start(alive_until=None, alone=True)

    await live(site, stand.clock, BEGIN + timedelta(hours=1))

    outcomes = {run.outcome for run in review.runs(database)}
    assert "confirmed" not in outcomes
    assert "unconfirmed" in outcomes
    assert state_of(site, stand.clock.now()).confirmed is None


async def test_a_spent_budget_is_a_reason_in_the_state(
    stand: Stand, home: tuple[Site, Database]
) -> None:
    site, _database = home
    spent = {"stretches": {"dollars": "2026-01"}, "counts": {"dollars": 8000}}
    stand.state.with_suffix(BUDGET).write_text(json.dumps(spent))
    await site.start(alive_until=None, alone=True)

    await site.look(Wake.START)

    reasons = {reason.id for reason in state_of(site, stand.clock.now()).reasons}
    assert "budget" in reasons
    assert stand.asked() == []


async def test_the_state_shows_what_is_left(stand: Stand, home: tuple[Site, Database]) -> None:
    site, _database = home
    await site.start(alive_until=None, alone=True)
    await site.look(Wake.START)

    budget = state_of(site, stand.clock.now()).gateway.budget

    assert budget is not None
    assert budget["dollars"]["of"] == 8.0
    assert 7.9 < budget["dollars"]["left"] < 8.0

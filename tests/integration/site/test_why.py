"""Why a battery was as it was: from the audit of a site that met faults, pauses and its own end."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler.audit.answers import Event
from scheduler.errors import GatewayUnreachableError
from scheduler.outlets.explain import Explanation, explain, sentence
from scheduler.outlets.hindsight import Life, hindsight
from scheduler.outlets.watched import DIED, STOPPED, Gap, gaps
from scheduler.plan import LeaseKind
from scheduler.schedule.load import parse_schedule
from scheduler.setting import Mode, Setting
from scheduler.site.asked import Asked
from scheduler.site.site import Site
from scheduler.words import Wake

from .conftest import Home

HOME = """\
schedule: home
timezone: Etc/UTC
rules:
  - {name: charge overnight, during: "22:00-08:00", mode: backup, reserve: 100%}
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""
at = datetime.fromisoformat


@pytest.fixture
async def site(house: Home) -> Site:
    """A site whose schedule was read from a text, as a service does; it was started at 9."""
    loaded = parse_schedule(HOME, "home.yaml", folder=Path())
    house.schedule = loaded.schedule
    made = house.start()
    made.loaded = loaded
    await made.start(alive_until=None)
    digest = loaded.schedule.digest[:16]
    await made.recorder.event("service", "start", {"digest": digest, "seen": None, "first": True})
    await house.look(Wake.START)
    await house.settle()
    return made


def why(
    house: Home, instant: datetime, *, running: bool = True, seen: datetime | None = None
) -> tuple[Explanation, str]:
    house.runs()
    now = house.clock.instant
    facts = hindsight(
        house.database,
        "home",
        instant - timedelta(days=1),
        min(instant + timedelta(days=1), now + timedelta(seconds=1)),
        now=now,
        life=Life(running, seen),
    )
    found = explain(facts, instant)
    return found, sentence(found, ZoneInfo("Etc/UTC"))


async def test_what_was_proven_before_is_told_with_its_rule_its_line_and_its_run(
    house: Home, site: Site
) -> None:
    house.at(12)

    found, told = why(house, house.clock.instant)

    assert found.word == "in_force"
    assert (found.wanted.rule, found.wanted.line, found.wanted.source) == (
        "run the house",
        5,
        "schedule",
    )
    assert told.startswith("It was as wanted: Self-Powered, 5 %, read back equal at Mon 2026-07-06")
    assert found.to_json()["proof"]["run"] == found.proof.run
    assert found.to_json()["schedule"]["name"] == "home"


async def test_what_came_late_is_told_with_its_error_and_when_it_was_made_true(
    house: Home, site: Site
) -> None:
    house.device.fails("read", *[GatewayUnreachableError("It does not answer.")] * 3)
    await house.next(Wake.BOUNDARY)
    await house.settle()

    found, told = why(house, at("2026-07-06T22:00:02Z"))

    assert found.word == "late"
    assert "It was not as wanted yet: Backup-only, 100 % was only read back equal" in told
    assert "It does not answer." in told
    assert [run.outcome for run in found.tried] == ["unreachable"] * 3 + ["confirmed"]
    assert why(house, house.clock.instant)[0].word == "in_force"


async def test_a_pause_is_named_and_what_was_proven_before_it(house: Home, site: Site) -> None:
    house.at(21, 30)
    until = house.clock.instant + timedelta(hours=2)
    await site.grant(Asked(LeaseKind.PAUSE, until, who="anna", reason="installer"))
    await house.look(Wake.OVERRIDE)
    await house.next(Wake.BOUNDARY)
    house.at(22, 30)

    found, told = why(house, house.clock.instant)

    assert (found.word, found.pause.reason) == ("paused", "installer")
    assert "A person had paused it: Backup-only, 100 % was wanted" in told
    assert "The last that was proven is Self-Powered, 5 %" in told


async def test_an_older_proof_of_the_same_setting_proves_nothing_once_another_was_proven(
    house: Home, site: Site
) -> None:
    await house.next(Wake.BOUNDARY)
    await house.settle()
    house.at(7)
    until = house.clock.instant + timedelta(hours=3)
    await site.grant(Asked(LeaseKind.PAUSE, until, who="anna"))
    await house.look(Wake.OVERRIDE)
    await house.next(Wake.BOUNDARY)
    house.clock.move(minutes=30)

    found, told = why(house, house.clock.instant)

    assert (found.word, found.wanted.rule, found.proof) == ("paused", "run the house", None)
    assert "The last that was proven is Backup-only, 100 %" in told


async def test_a_guard_that_held_it_back_is_named(house: Home, site: Site) -> None:
    told = {"state": "on", "text": "The house is cut off from the grid."}
    await site.recorder.event("guard", "grid_down", told)
    await house.next(Wake.BOUNDARY)
    house.device.fails("read", *[GatewayUnreachableError("It does not answer.")] * 3)

    found, sentence_ = why(house, at("2026-07-06T22:00:00Z"))

    assert (found.word, [each.name for each in found.guards]) == ("guarded", ["grid_down"])
    assert sentence_.startswith("It was held back: The house is cut off from the grid. Backup")
    await site.recorder.event("guard", "grid_down", {**told, "state": "off"})
    assert why(house, house.clock.instant)[0].guards == ()


async def test_an_override_is_named_with_who_asked(house: Home, site: Site) -> None:
    until = house.clock.instant + timedelta(hours=2)
    setting = Setting(Mode.AUTONOMOUS, 40.0)
    lease = await site.grant(Asked(LeaseKind.OVERRIDE, until, setting, who="anna"))
    await house.look(Wake.OVERRIDE)
    await house.settle()

    found, _ = why(house, house.clock.instant)

    assert (found.word, found.wanted.lease, found.wanted.until) == ("in_force", lease, until)


async def test_nobody_was_watching_while_the_service_was_gone(house: Home, site: Site) -> None:
    gone = house.clock.instant
    house.clock.move(hours=3)
    await site.recorder.event("service", "start", {"seen": gone.isoformat(), "digest": "?"})

    found, told = why(house, gone + timedelta(hours=1))
    assert found.word == "unwatched"
    assert told.startswith("Nobody was watching from Mon 2026-07-06 09:")
    assert DIED in told
    assert found.to_json()["watched"] is False


async def test_without_the_schedule_of_then_the_runs_tell_what_they_can(house: Home) -> None:
    await house.look(Wake.START)
    await house.settle()

    found, told = why(house, house.clock.instant)

    assert (found.wanted.source, found.word) == ("run", "in_force")
    assert found.facts.then(found.at).problem == "Its text is not in the audit."
    assert told.startswith("It was as wanted")


async def test_before_the_first_entry_the_audit_says_that_it_does_not_know(
    house: Home, site: Site
) -> None:
    found, _ = why(house, house.clock.instant - timedelta(days=30))
    assert (found.word, found.wanted) == ("unwatched", None)


def event(name: str, instant: str, **detail: Any) -> Event:
    return Event(at(instant), name, detail)


STEP = [event("step", "2026-07-06T12:00Z", seconds=3600.0)]


@pytest.mark.parametrize(
    ("events", "steps", "running", "found"),
    [
        ([event("start", "2026-07-06T09:00Z", seen="2026-07-06T08:59:50Z")], [], True, []),
        (
            [event("stop", "2026-07-06T09:00Z"), event("start", "2026-07-06T10:00Z")],
            [],
            True,
            [("09:00", "10:00", STOPPED)],
        ),
        ([event("stop", "2026-07-06T09:00Z")], [], False, [("09:00", None, STOPPED)]),
        ([event("start", "2026-07-06T09:00Z")], [], False, [("11:00", None, DIED)]),
        ([], STEP, True, [("11:00", "12:00", "the machine slept, or its clock was set forward")]),
    ],
    ids=["a quick restart", "stopped", "stopped until now", "died and not started", "slept"],
)
def test_gaps_are_what_starts_stops_and_steps_tell(
    events: list[Event], steps: list[Event], running: bool, found: list[Any]
) -> None:
    seen = at("2026-07-06T11:00Z")
    told = gaps(events, steps, running=running, seen=seen)
    assert [(_clock(each.start), _clock(each.end), each.why) for each in told] == found


def _clock(instant: datetime | None) -> str | None:
    return f"{instant:%H:%M}" if instant else None


def test_a_gap_is_open_where_nobody_knows() -> None:
    assert Gap(None, at("2026-07-06T09:00Z"), "").holds(at("2020-01-01T00:00Z"))

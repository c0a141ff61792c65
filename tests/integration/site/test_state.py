"""The one state: what it knows, since when, and every reason a person must be told."""

from __future__ import annotations

import dataclasses
import json

import pytest

from scheduler.audit import review
from scheduler.simulated import PROFILES
from scheduler.site.shown import state_of
from scheduler.site.state import Reason, to_json
from scheduler.words import Wake

from .conftest import Home, Lost


async def test_the_state_of_a_site_that_has_not_looked_knows_what_is_wanted(house: Home) -> None:
    state = house.state()

    assert state.wanted.rule == "run the house"
    assert (state.confirmed, state.read, state.attempt, state.last_run) == (None,) * 4
    assert state.gateway.reachable is None
    assert state.next is not None
    assert state.next["at"] == "2026-07-06T22:00:00Z"
    assert state.next_job is None


async def test_the_state_after_a_switch_tells_what_was_proven_when_and_by_which_run(
    house: Home,
) -> None:
    await house.look(Wake.START)
    house.clock.move(minutes=10)
    await house.look(Wake.PULSE)

    state = house.state()

    assert state.word == "good"
    assert state.reasons == ()
    assert state.confirmed.setting == state.wanted.setting
    assert state.confirmed.run == house.runs()[-1].run
    assert (state.now - state.confirmed.at).total_seconds() > 590
    assert (state.now - state.read.at).total_seconds() < 1
    assert state.read.running is True
    assert state.read.charge == house.device.charge
    assert state.last_run is not None
    assert state.last_run["outcome"] == "confirmed"
    assert state.gateway.reachable is True
    assert state.attempt.next_try is None


async def test_after_a_restart_the_proof_is_as_old_as_it_is(house: Home) -> None:
    await house.look(Wake.START)
    await house.restart(gone_for=600)
    await house.look(Wake.START)

    state = house.state()

    assert (state.now - state.confirmed.at).total_seconds() > 590


async def test_a_firmware_is_an_event_where_it_is_first_met_and_where_it_changes(
    home: Home,
) -> None:
    await home.look(Wake.START)
    await home.restart()
    await home.look(Wake.OPERATOR)
    again = home.events().count(("gateway", "firmware"))
    home.device.device.profile = dataclasses.replace(PROFILES["1.49"], version="1.50.1")
    await home.restart(gone_for=600)
    await home.look(Wake.OPERATOR)

    home.runs()
    told = [each.detail for each in review.events(home.database) if each.name == "firmware"]
    assert again == 1
    assert told == [
        {"firmware": "1.49.0", "before": None},
        {"firmware": "1.50.1", "before": "1.49.0"},
    ]
    assert home.site.recorder.questions.firmware() == "1.50.1"


async def test_after_a_restart_the_last_run_is_that_of_the_audit(house: Home) -> None:
    await house.look(Wake.START)
    before = house.state().last_run

    await house.restart()

    after = house.state().last_run
    assert before is not None
    assert after is not None
    told = before.keys() - {"started_at", "finished_at"}  # a tick apart
    assert {key: before[key] for key in told} == {key: after[key] for key in told}


async def test_what_was_proven_stays_proven_until_something_else_is_written(
    house: Home, lost: Lost
) -> None:
    await house.look(Wake.START)
    house.device.fails("read", lost())
    house.at(22)
    await house.look(Wake.BOUNDARY)

    state = house.state()

    assert state.confirmed.rule == "run the house"
    assert state.wanted.rule == "charge overnight"
    assert state.attempt.outcome == "unreachable"
    assert state.attempt.next_try > state.now


async def test_the_state_is_plain_json(house: Home) -> None:
    await house.look(Wake.START)

    text = json.dumps(to_json(house.state()))

    assert json.loads(text)["wanted"]["mode"] == "self_consumption"


async def test_a_concern_of_the_process_is_shown_worst_first_until_it_is_withdrawn(
    house: Home,
) -> None:
    site, now = house.site, house.clock.instant
    site.concern(Reason("file_differs", "The file differs.", now, "attention"))
    site.concern(Reason("file_broken", "The file is broken.", now, "failing"))
    house.clock.move(minutes=1)
    site.concern(Reason("file_broken", "It is broken still.", house.clock.instant, "failing"))

    shown = state_of(site, now).reasons
    site.withdraw("file_broken")
    left = state_of(site, now).reasons

    assert [each.id for each in shown] == ["file_broken", "file_differs"]
    assert (shown[0].since, shown[0].text) == (now, "It is broken still.")
    assert [each.id for each in left] == ["file_differs"]


async def test_a_held_clock_is_told_with_its_beginning(house: Home) -> None:
    house.synchronised = lambda: False
    await house.look(Wake.START)
    house.clock.move(minutes=2)
    await house.look(Wake.PULSE)

    reason = house.state().reasons[0]

    assert reason.id == "clock"
    assert (house.clock.instant - reason.since).total_seconds() > 119


@pytest.mark.parametrize("owed", ["It was not seen running.", "it was not seen running"])
async def test_why_a_battery_may_stand_still_is_one_sentence(house: Home, owed: str) -> None:
    await house.look(Wake.START)
    house.controller.debt.find(owed)

    text = house.reasons()["unsafe"]

    assert text == f"The battery may stand still: {owed.rstrip('.')}."

"""Confirmation is a state, over many wakes, a stop and a restart; it holds nothing up."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Run
from scheduler.errors import (
    AuditUnwritableError,
    GatewayBusyError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Limits
from scheduler.setting import Export, Mode, Setting, SettingRead
from scheduler.words import Outcome, Wake

from .conftest import Home

SLOW = Limits(confirm_after=(5.0, 15.0, 30.0), confirm_within=120.0)


async def test_a_setting_that_is_shown_at_once_is_confirmed_in_the_same_turn(house: Home) -> None:
    attempt = await house.look(Wake.START)

    assert attempt.outcome is Outcome.CONFIRMED
    assert house.device.done == ["read", "write", "read"]
    assert house.events() == []


async def test_a_setting_that_takes_its_time_is_confirmed_over_several_wakes(house: Home) -> None:
    house.device.limits, house.device.lag = SLOW, 20.0

    sent = await house.look(Wake.START)
    waiting = house.state()
    alarms = [await house.next(Wake.CONFIRM) for _ in range(3)]

    assert sent.outcome is Outcome.ACCEPTED
    assert waiting.attempt.outcome == "accepted"
    assert 115 < (waiting.attempt.confirm_until - waiting.now).total_seconds() <= 120
    assert {alarm.wake for alarm in alarms} == {Wake.CONFIRM}
    assert house.outcomes() == ["confirmed"]
    assert house.writes == 1


async def test_nothing_sleeps_and_nothing_is_locked_while_a_setting_waits(house: Home) -> None:
    house.device.limits, house.device.lag = SLOW, 20.0

    await asyncio.wait_for(house.look(Wake.START), 30)

    assert not house.controller.turn.taken


async def test_what_is_not_seen_in_time_is_unconfirmed_and_tried_again(house: Home) -> None:
    house.device.deaf = True
    await house.look(Wake.START)
    while house.outcomes() == ["accepted"]:
        await house.next(Wake.CONFIRM)
    house.device.deaf = False

    await house.settle()

    assert house.outcomes() == ["unconfirmed", "confirmed"]
    assert "the gateway shows Self-Powered, 20 %" in house.runs()[0].error


async def test_an_open_run_is_taken_up_again_after_a_restart_and_not_written_twice(
    house: Home,
) -> None:
    house.device.limits, house.device.lag = SLOW, 20.0
    await house.look(Wake.START)
    await house.restart(gone_for=25)

    attempt = await house.look(Wake.START)

    assert attempt.outcome is Outcome.CONFIRMED
    assert house.outcomes() == ["confirmed"]
    assert house.writes == 1


async def test_an_open_run_that_is_not_wanted_any_more_is_superseded_after_a_restart(
    house: Home,
) -> None:
    house.device.limits, house.device.lag = SLOW, 20.0
    await house.look(Wake.START)
    house.at(22)
    await house.restart()

    await house.look(Wake.START)
    await house.settle()

    runs = [run for run in house.runs() if run.outcome != "missed"]
    assert [run.outcome for run in runs] == ["superseded", "confirmed"]
    assert house.device.shown().mode == "backup"


async def test_an_open_run_past_its_time_is_read_once_more_and_then_unconfirmed(
    house: Home,
) -> None:
    house.device.limits, house.device.deaf = SLOW, True
    await house.look(Wake.START)
    await house.restart(gone_for=3000)

    await house.look(Wake.START)

    assert house.outcomes() == ["unconfirmed"]


async def test_a_newer_wish_supersedes_what_waits_to_be_confirmed(house: Home) -> None:
    house.device.limits, house.device.lag = SLOW, 100.0
    house.at(21, 59)
    await house.look(Wake.START)
    house.at(22)

    await house.look(Wake.BOUNDARY)
    await house.settle()

    assert house.outcomes() == ["superseded", "confirmed"]
    assert house.device.shown().mode == "backup"


async def test_one_busy_answer_to_a_read_back_does_not_hold_it_up(house: Home) -> None:
    await house.look(Wake.START)
    house.at(22)
    house.device.errors["read"] = [None, GatewayBusyError("503")]

    first = await house.look(Wake.BOUNDARY)
    alarm = await house.next(Wake.CONFIRM)

    assert first.outcome is Outcome.ACCEPTED
    assert alarm.at.hour == 22
    assert (alarm.at.minute, alarm.at.second) == (0, 0)
    assert house.outcomes()[-1] == "confirmed"


async def test_a_part_that_cannot_be_read_is_not_verified_and_not_written_again(
    house: Home,
) -> None:
    rule = house.schedule.rules[1]
    setting = dataclasses.replace(rule.setting, export=Export.SOLAR)
    house.change(rules=(house.schedule.rules[0], dataclasses.replace(rule, setting=setting)))
    house.device.limits = Limits(exports=frozenset({Export.SOLAR}), confirm_within=10)
    shown = house.device.shown

    def without_export() -> SettingRead:
        return dataclasses.replace(shown(), export=None)

    house.device.shown = without_export  # type: ignore[method-assign]
    await house.look(Wake.START)
    await house.settle(seconds=600)

    assert set(house.outcomes()) == {"unconfirmed"}
    assert house.writes == 1
    assert "export" in house.reasons()["unverified"]


async def test_a_write_of_unknown_fate_is_read_first_and_not_sent_again_if_it_arrived(
    house: Home,
) -> None:
    error = GatewayUnreachableError("No answer.", delivered="unknown")
    house.device.fails("write", error)
    house.device.active = SettingRead("self_consumption", 20.0)
    await house.look(Wake.START)
    house.device.active = SettingRead("self_consumption", 5.0)

    await house.settle()

    assert house.outcomes() == ["unreachable", "unchanged"]
    assert house.writes == 1


async def test_a_write_of_unknown_fate_is_sent_again_where_reads_show_what_is_pending(
    house: Home,
) -> None:
    house.device.limits = Limits(shows_pending=True)
    house.device.fails("write", GatewayUnreachableError("No answer.", delivered="unknown"))
    await house.look(Wake.START)
    house.device.active = SettingRead("self_consumption", 5.0)

    await house.settle()

    assert house.outcomes() == ["unreachable", "confirmed"]
    assert house.writes == 2


async def test_a_write_that_never_left_is_not_in_doubt(house: Home) -> None:
    house.device.limits = Limits(shows_pending=True)
    house.device.active = SettingRead("self_consumption", 20.0)
    house.device.fails("write", GatewayUnreachableError("Refused.", delivered="no"))
    await house.look(Wake.START)
    house.device.active = SettingRead("self_consumption", 5.0)

    await house.settle()

    assert house.outcomes() == ["unreachable", "unchanged"]


async def test_the_mode_is_compared_beside_the_reserve(house: Home) -> None:
    house.device.active = SettingRead("backup", 5.0)

    attempt = await house.look(Wake.START)

    assert attempt.outcome is Outcome.CONFIRMED
    assert house.device.shown().mode == "self_consumption"


async def test_a_command_without_a_service_waits_until_its_setting_is_confirmed(
    house: Home,
) -> None:
    house.device.limits = Limits(confirm_after=(0.0, 0.01))
    house.device.lag = 0.001
    await house.site.start(alive_until=None)

    attempt = await house.site.settle(await house.look(Wake.OPERATOR))

    assert attempt.outcome is Outcome.CONFIRMED


@pytest.mark.parametrize("wake", [Wake.PULSE, Wake.OPERATOR, Wake.RETRY])
async def test_no_wake_writes_again_while_a_setting_waits(house: Home, wake: Wake) -> None:
    house.device.limits, house.device.lag = SLOW, 20.0
    await house.look(Wake.START)

    attempt = await house.look(wake)

    assert attempt.outcome is Outcome.ACCEPTED
    assert house.writes == 1


async def test_the_setting_before_the_write_is_kept_in_the_run(house: Home) -> None:
    await house.look(Wake.START)

    last = house.runs()[-1]

    assert last.wanted == Setting(Mode.SELF_CONSUMPTION, 5.0).to_json()
    before: Any = house.site.controller.wish.last.more["before"]
    assert before["reserve_percent"] == 20.0


async def test_an_outcome_that_the_audit_could_not_take_is_written_at_the_next_look(
    house: Home,
) -> None:
    begin, full = house.site.recorder.begin, [True]

    class Failing(Run):
        async def end(self, ended: Ended) -> Outcome:
            if full:
                raise AuditUnwritableError
            return await super().end(ended)

    async def beginning(intent: Intent) -> Run:
        run = await begin(intent)
        run.__class__ = Failing
        return run

    house.site.recorder.begin = beginning  # type: ignore[method-assign]
    with pytest.raises(AuditUnwritableError):
        await house.look(Wake.START)
    before = house.outcomes()
    full.clear()

    await house.look(Wake.PULSE)

    assert (before, house.outcomes()) == ([None], ["confirmed"])


async def test_a_person_is_told_what_is_seen_even_where_the_look_is_paid_for(house: Home) -> None:
    house.device.limits = Limits(free_reads=False)
    await house.look(Wake.START)
    house.device.active, house.device.session = SettingRead("autonomous", 40.0), False

    attempt = await house.look(Wake.OPERATOR)

    assert attempt.outcome == "confirmed"
    assert house.device.active.mode == "self_consumption"


async def test_no_login_that_stops_the_battery_is_sent_to_look_for_a_person(house: Home) -> None:
    house.device.limits = Limits(login_stops=True)
    await house.look(Wake.START)
    house.device.session = False

    attempt = await house.look(Wake.OPERATOR)

    assert (attempt.outcome, attempt.observed) == ("unchanged", None)

"""The controller against a simulated gateway and a real audit: what it does on each wake."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from typing import Any

import pytest

from scheduler.audit.intent import Intent
from scheduler.audit.recorder import Unrecorded
from scheduler.errors import AuditUnwritableError, GatewayError
from scheduler.schedule.values import Schedule
from scheduler.setting import Mode, Setting
from scheduler.site import recovery
from scheduler.words import Outcome, Wake

from .conftest import Home


async def test_a_start_makes_the_present_setting_true_and_records_every_request(home: Home) -> None:
    await home.look(Wake.START)

    run = home.runs()[-1]
    assert (run.outcome, run.wake, run.name) == ("confirmed", "start", "run the house")
    assert home.device.device.active.mode == "self_consumption"
    assert home.device.device.active.reserve == pytest.approx(9.75)
    recorded = [(step.method, step.path) for step in run.steps]
    assert recorded == [(seen.method, seen.path) for seen in home.device.device.requests]
    assert home.device.device.sitemaster_running


async def test_a_restart_neither_logs_in_nor_writes_when_the_setting_was_confirmed(
    home: Home,
) -> None:
    await home.look(Wake.START)
    home.start()

    attempt = await home.look(Wake.START)

    assert attempt.outcome is Outcome.UNCHANGED
    assert (home.logins, home.writes) == (1, 1)


async def test_a_restart_without_a_session_trusts_the_audit_rather_than_log_in(home: Home) -> None:
    await home.look(Wake.START)
    (home.folder / "tou.session").unlink()
    home.start()

    attempt = await home.look(Wake.START)

    assert attempt.outcome is Outcome.UNCHANGED
    assert home.logins == 1


async def test_a_boundary_switches_without_a_new_login_and_says_when_it_was_planned(
    home: Home,
) -> None:
    await home.look(Wake.START)
    home.clock.instant = home.clock.instant.replace(hour=22)

    await home.look(Wake.BOUNDARY)

    run = home.runs()[-1]
    assert (run.outcome, run.wake, run.name) == ("confirmed", "boundary", "charge overnight")
    assert run.planned_at == home.clock.instant.replace(minute=0, second=0, microsecond=0)
    assert (home.logins, home.writes) == (1, 2)
    assert home.device.device.active.mode == "backup"


async def test_a_pulse_in_force_leaves_no_row(home: Home) -> None:
    await home.look(Wake.START)
    before = home.database and len(home.runs())

    for _ in range(3):
        await home.look(Wake.PULSE)

    assert len(home.runs()) == before


async def test_a_sitemaster_that_stops_after_the_switch_was_confirmed_is_brought_back(
    home: Home,
) -> None:
    confirmed = await home.look(Wake.START)
    device = home.device.device
    device.stop(device.turn())
    while device.sitemaster_running:
        await asyncio.sleep(0.02)

    await home.look(Wake.PULSE)

    assert confirmed.outcome is Outcome.CONFIRMED
    assert device.sitemaster_running
    last = home.runs()[-1]
    assert (last.kind, last.name, last.outcome) == ("sitemaster_run", "recovery", "completed")


async def test_a_setting_changed_by_somebody_else_is_put_right_after_the_grace(home: Home) -> None:
    await home.look(Wake.START)
    other = home.start()
    await other.gateway.write(Setting(Mode.BACKUP, 100.0), None, Unrecorded(other.recorder))
    home.sites.reverse()

    await home.look(Wake.PULSE)
    home.clock.move(minutes=10)
    await home.look(Wake.PULSE)

    last = [each for each in home.runs() if each.kind == "switch"][-1]
    assert (last.outcome, last.wake) == ("confirmed", "drift")
    assert home.device.device.active.mode == "self_consumption"


async def test_an_unreachable_gateway_is_tried_again_until_it_answers(home: Home) -> None:
    home.device.faults.refuse = True
    await home.look(Wake.START)
    assert home.controller.retry_in() is not None
    home.device.faults.refuse = False

    await home.next(Wake.RETRY)

    assert home.outcomes() == ["unreachable", "confirmed"]
    assert home.runs()[-1].attempt == 2


async def test_a_pulse_keeps_the_back_off_and_an_operator_does_not(home: Home) -> None:
    home.device.faults.refuse = True
    await home.look(Wake.START)
    home.controller.wish.not_before += 60

    await home.look(Wake.PULSE)
    await home.look(Wake.OPERATOR)

    assert home.outcomes() == ["unreachable", "unreachable"]
    assert home.runs()[-1].wake == "operator"


async def test_a_newer_wish_supersedes_one_that_never_took_effect(home: Home) -> None:
    home.device.faults.refuse = True
    await home.look(Wake.START)
    home.clock.instant = home.clock.instant.replace(hour=22)
    home.device.faults.refuse = False

    await home.look(Wake.BOUNDARY)

    assert home.outcomes() == ["unreachable", "superseded", "confirmed"]
    superseded = home.runs()[1]
    assert superseded.name == "run the house"
    assert superseded.wanted == {"mode": "self_consumption", "reserve_percent": 5.0}


async def test_a_lost_commit_is_unconfirmed_and_then_tried_again(home: Home) -> None:
    home.device.faults.shows_active = True
    home.device.faults.commit_lost = 1
    await home.look(Wake.START)

    await home.settle()

    assert home.outcomes() == ["unconfirmed", "confirmed"]
    assert "shows Self-Powered, 20 %" in home.runs()[0].error


async def test_a_write_that_was_not_seen_to_its_end_is_written_again(home: Home) -> None:
    """The gateway shows what was sent before it is committed, so the reading proves nothing."""
    home.device.faults.answer_lost = {"operation": 1}
    await home.look(Wake.START)
    lost = home.device.device.active.reserve

    await home.settle()

    assert lost == pytest.approx(24.0)
    assert home.device.device.active.reserve == pytest.approx(9.75)
    assert home.outcomes()[-1] == "confirmed"


async def test_a_write_cut_off_by_death_is_written_again(home: Home) -> None:
    dead = home.start()
    run = await dead.recorder.begin(
        Intent(kind="switch", name="run the house", wake=Wake.START, gateway=dead.gateway.name)
    )
    home.device.faults.answer_lost = {"operation": 1}
    with pytest.raises(GatewayError):
        await dead.gateway.write(Setting(Mode.SELF_CONSUMPTION, 5.0), None, run)
    await run.settled()
    living = home.start()
    await living.start(alive_until=None)

    await living.look(Wake.START)

    assert home.device.device.active.reserve == pytest.approx(9.75)
    assert home.outcomes()[-1] == "confirmed"


async def test_a_wrong_password_is_sent_once_and_not_at_every_pulse(home: Home) -> None:
    home.password = "not-the-one"

    for wake in (Wake.START, Wake.PULSE, Wake.RETRY, Wake.OPERATOR, Wake.BOUNDARY):
        await home.look(wake)

    assert home.logins == 1
    assert set(home.outcomes()) == {"refused"}
    assert home.device.device.sitemaster_running


@pytest.mark.parametrize("profile", ["21.44"])
async def test_a_gateway_that_may_not_be_written_is_refused_with_the_way_out(home: Home) -> None:
    home.username = "customer"

    attempt = await home.look(Wake.START)

    assert attempt.outcome is Outcome.REFUSED
    assert "1.49" in home.runs()[-1].error
    assert home.controller.retry_in() > 100


def wanted_reserve(home: Home) -> Any:
    wanted = home.runs()[-1].wanted
    assert wanted is not None
    return wanted["reserve_percent"]


async def test_a_hold_asks_for_the_charge_at_its_beginning_and_keeps_it(
    home: Home, holding: Schedule
) -> None:
    home.schedule = holding
    home.clock.instant = home.clock.instant.replace(hour=22)
    await home.look(Wake.START)
    first = wanted_reserve(home)
    home.start()

    attempt = await home.look(Wake.START)

    assert first == int(first)
    assert first <= home.device.device.charge + 1
    assert attempt.outcome is Outcome.UNCHANGED
    assert attempt.setting.reserve == first


async def test_a_dry_run_decides_and_sends_nothing_that_changes_anything(home: Home) -> None:
    home.dry_run = True

    attempt = await home.look(Wake.START)

    assert attempt.outcome is Outcome.DRY_RUN
    assert (home.logins, home.writes) == (0, 0)
    assert home.outcomes() == ["dry_run"]


async def test_without_an_audit_the_gateway_is_not_touched(home: Home) -> None:
    home.start()
    with sqlite3.connect(home.folder / "tou.db") as raw:
        raw.execute("DROP TABLE audit")
    raw.close()

    with pytest.raises(AuditUnwritableError):
        await home.look(Wake.START)

    assert home.device.device.requests == ()


async def test_a_run_cut_off_by_death_is_found_and_the_battery_is_running_first(home: Home) -> None:
    dead = home.start()
    run = await dead.recorder.begin(
        Intent(kind="switch", name="run the house", wake=Wake.START, gateway=dead.gateway.name)
    )
    await run.settled()
    living = home.start()
    await living.start(alive_until=None)

    await living.look(Wake.START)

    kinds = [(each.kind, each.outcome) for each in home.runs()]
    assert kinds == [
        ("switch", "interrupted"),
        ("sitemaster_run", "completed"),
        ("switch", "confirmed"),
    ]


async def test_what_passed_while_nothing_ran_is_recorded_as_missed(home: Home) -> None:
    await home.start().start(alive_until=home.clock.instant.replace(day=5, hour=9))

    await home.look(Wake.START)

    missed = [run for run in home.runs() if run.outcome == "missed"]
    assert [run.name for run in missed] == ["charge overnight", "run the house"]
    assert [run.planned_at.hour for run in missed] == [22, 8]


async def test_years_of_missed_boundaries_do_not_fill_the_audit(home: Home) -> None:
    await home.start().start(alive_until=home.clock.instant.replace(year=2024))

    await home.look(Wake.START)

    missed = [run for run in home.runs() if run.outcome == "missed"]
    assert len(missed) == recovery.MOST_MISSED


async def test_a_clock_earlier_than_the_last_entry_holds_until_it_is_right(home: Home) -> None:
    home.synchronised = lambda: None
    await home.look(Wake.START)
    home.clock.step(days=-1)
    home.start()
    requests = len(home.device.device.requests)

    held = await home.look(Wake.START)
    await home.look(Wake.PULSE)

    assert held is None
    assert len(home.device.device.requests) == requests
    assert home.outcomes().count("deferred") == 1

    home.clock.step(days=1, hours=1)
    assert (await home.look(Wake.PULSE)).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("hours", [13, -10], ids=["forward", "back"])
async def test_a_step_of_the_clock_puts_the_setting_of_the_new_instant_in_force(
    home: Home, hours: int
) -> None:
    home.synchronised = lambda: None
    await home.look(Wake.START)
    home.clock.step(hours=hours)

    attempt = await home.look(Wake.CLOCK_STEP)

    assert attempt.outcome is Outcome.CONFIRMED
    assert home.device.device.active.mode == "backup"


async def test_a_reload_makes_the_new_schedule_true(home: Home) -> None:
    await home.look(Wake.START)
    rules = home.schedule.rules
    changed = dataclasses.replace(rules[1], setting=Setting(Mode.SELF_CONSUMPTION, 30.0))
    home.change(rules=(rules[0], changed))

    await home.look(Wake.RELOAD)

    assert wanted_reserve(home) == 30.0
    assert home.device.device.active.reserve == pytest.approx(33.5)


@pytest.mark.parametrize("profile", ["1.15", "1.40", "1.43.3", "1.49"])
async def test_every_firmware_that_can_be_written_is_switched_and_confirmed(home: Home) -> None:
    home.device.faults.shows_active = True

    await home.look(Wake.START)

    assert home.outcomes() == ["confirmed"]
    assert home.device.device.active.reserve == pytest.approx(9.75)


async def test_many_wakes_at_once_give_one_write(home: Home) -> None:
    await asyncio.gather(*(home.look(Wake.OPERATOR) for _ in range(10)))

    assert home.writes == 1
    assert home.outcomes().count("confirmed") == 1

"""How long it waits: never for ever, and not at all where the battery stands still."""

from __future__ import annotations

from typing import Any

import pytest

from scheduler.errors import (
    BudgetSpentError,
    Delivered,
    GatewayBusyError,
    GatewayIdentityError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Limits, Receipt
from scheduler.words import Outcome, Wake

from .conftest import Home, Lost

YEARS = 10.0 * 365 * 86400


async def test_a_refusal_is_asked_again_within_five_minutes_and_then_seldom(house: Home) -> None:
    house.device.fails("read", *[GatewayRefusedError("No.") for _ in range(20)])
    await house.look(Wake.START)
    waits = []
    for _ in range(6):
        waits.append(house.controller.retry_in() or 0.0)
        await house.next(Wake.RETRY)

    assert waits[0] < 300
    assert 600 < max(waits) <= 900
    assert waits[-1] > 600


@pytest.mark.parametrize("error", [GatewayBusyError, BudgetSpentError])
async def test_a_gateway_that_asks_for_years_is_asked_again_within_a_quarter_of_an_hour(
    house: Home, error: type[GatewayBusyError]
) -> None:
    house.device.fails("read", error("Later.", retry_after=YEARS))

    await house.look(Wake.START)

    assert house.controller.retry_in() <= 900


async def test_a_boundary_does_not_wait_for_the_back_off_of_the_setting_before(house: Home) -> None:
    house.at(21, 55)
    house.device.fails("read", GatewayBusyError("Later.", retry_after=YEARS))
    await house.look(Wake.START)

    await house.next(Wake.BOUNDARY)

    assert house.outcomes() == ["unreachable", "superseded", "confirmed"]


async def test_another_certificate_is_looked_at_each_minute_and_recorded_once(
    house: Home, caplog: pytest.LogCaptureFixture
) -> None:
    house.device.fails("read", *[GatewayIdentityError("Another one.") for _ in range(5)])
    await house.look(Wake.START)
    waits = []
    for _ in range(4):
        waits.append(house.controller.retry_in() or 0.0)
        await house.next(Wake.RETRY)

    assert max(waits) <= 75
    assert house.outcomes() == ["refused"]
    assert "Another one" in house.reasons()["certificate"]
    assert [each.levelname for each in caplog.records if "refused" in each.message] == ["ERROR"]
    assert "the gateway is not the paired one: Another one." in caplog.messages
    assert "does not answer" not in caplog.text

    await house.settle()
    assert house.outcomes() == ["refused", "confirmed"]
    assert house.reasons() == {}


async def test_a_lost_gateway_that_is_back_as_another_is_told_at_once_and_once(
    house: Home, lost: Lost, caplog: pytest.LogCaptureFixture
) -> None:
    await house.look(Wake.START)
    await house.settle()
    another = GatewayIdentityError("Another one.")
    house.device.fails("read", lost(), lost(), *[another] * 4, lost(), *[another] * 3)
    told = []
    for _ in range(12):
        house.clock.move(seconds=5)
        await house.look(Wake.PULSE)
        told.append(caplog.text.count("is not back: Another one."))

    assert told == [0, 0, *[1] * 10]


async def test_a_stopped_battery_is_brought_back_before_anything_else(house: Home) -> None:
    house.device.owed = "a login went out"

    await house.look(Wake.START)

    assert house.device.done[0] == "make_safe"
    assert [run.kind for run in house.runs()] == ["sitemaster_run", "switch"]


async def test_no_refusal_holds_up_a_stopped_battery(house: Home, lost: Lost) -> None:
    house.device.fails("read", GatewayRefusedError("No."))
    await house.look(Wake.START)
    house.device.owed = "a login went out"
    house.device.fails("make_safe", lost(), lost(), lost())

    await house.look(Wake.PULSE)
    waits = []
    while house.device.owed:
        waits.append(house.controller.retry_in() or 0.0)
        await house.next(Wake.RETRY)

    assert len(waits) == 3
    assert max(waits) < 15
    assert house.controller.retry_in() > 100


async def test_what_an_attempt_left_behind_is_paid_in_the_same_turn(
    house: Home, lost: Lost
) -> None:
    def stops(*_args: object) -> None:
        house.device.owed = "the login stopped it"

    write = house.site.gateway.write

    async def failing(*args: Any, **words: Any) -> Receipt:
        stops()
        return await write(*args, **words)

    house.site.gateway.write = failing  # type: ignore[method-assign]
    house.device.fails("write", lost())

    await house.look(Wake.START)

    assert house.device.owed is None
    assert [run.kind for run in house.runs()] == ["switch", "sitemaster_run"]


@pytest.mark.parametrize(("delivered", "most"), [("no", 30.0), ("unknown", 120.0)])
async def test_a_debt_whose_login_is_not_answered_is_tried_ever_more_seldom(
    house: Home, delivered: Delivered, most: float
) -> None:
    """Such a login may stop the battery, and a burst of them locks every one out."""
    errors = [GatewayUnreachableError("No answer.", delivered=delivered) for _ in range(12)]
    house.device.owed = "a login went out"
    house.device.fails("make_safe", *errors)
    await house.look(Wake.START)
    waits = []
    for _ in range(10):
        waits.append(house.controller.retry_in() or 0.0)
        await house.next(Wake.RETRY)

    assert all(1.5 <= wait <= most for wait in waits)
    assert min(waits[-3:]) >= 0.75 * most


async def test_a_debt_is_tried_once_in_a_turn(house: Home, lost: Lost) -> None:
    house.device.owed = "a login went out"
    house.device.fails("make_safe", lost(), lost())

    await house.look(Wake.START)

    assert house.device.done == ["make_safe"]
    assert "a login went out" in house.reasons()["unsafe"]


async def test_a_battery_that_stops_after_it_was_confirmed_is_seen_and_brought_back(
    house: Home,
) -> None:
    await house.look(Wake.START)
    house.device.running = False

    await house.look(Wake.PULSE)

    assert house.device.running
    assert [(run.kind, run.outcome) for run in house.runs()][-1] == ("sitemaster_run", "completed")


async def test_a_battery_that_cannot_be_brought_back_is_told_and_tried_again(
    house: Home, lost: Lost
) -> None:
    await house.look(Wake.START)
    house.device.running = False
    house.device.fails("make_safe", lost(), lost())

    await house.look(Wake.PULSE)
    told = house.reasons()
    while not house.device.running:
        await house.next(Wake.RETRY)
    await house.look(Wake.PULSE)

    assert "stands still" in told["stopped"]
    assert house.reasons() == {}


async def test_a_battery_is_watched_also_while_a_refusal_waits(house: Home) -> None:
    house.device.fails("read", GatewayRefusedError("No."))
    await house.look(Wake.START)
    house.device.running = False

    await house.look(Wake.PULSE)

    assert house.device.running


async def test_nothing_is_read_at_a_pulse_where_a_look_is_not_free(house: Home) -> None:
    house.device.limits = Limits(free_reads=False)
    await house.look(Wake.START)
    before = list(house.device.done)

    await house.look(Wake.PULSE)

    assert house.device.done == before


async def test_looks_keep_the_least_time_between_them(house: Home) -> None:
    house.device.limits = Limits(read_every=100.0)
    await house.look(Wake.START)
    await house.look(Wake.PULSE)
    before = len(house.device.done)

    await house.look(Wake.PULSE)
    house.clock.move(seconds=101)
    await house.look(Wake.PULSE)

    assert len(house.device.done) == before + 1


async def test_contact_lost_and_regained_is_one_event_each(house: Home, lost: Lost) -> None:
    await house.look(Wake.START)
    house.device.fails("read", lost(), lost(), lost())
    for _ in range(5):
        await house.look(Wake.PULSE)

    assert house.events() == [("gateway", "lost"), ("gateway", "back")]


async def test_what_is_overdue_is_told(house: Home, lost: Lost) -> None:
    house.device.fails("read", *[lost() for _ in range(9)])
    await house.look(Wake.START)
    early = house.state()
    house.clock.move(minutes=3)
    late = house.state()

    assert early.word in {"waiting", "attention"}
    assert late.word == "failing"
    assert late.reasons[0].id == "overdue"
    assert "does not answer" in house.reasons()["gateway_lost"]


async def test_a_setting_that_nobody_here_wrote_is_told_and_put_right(house: Home) -> None:
    await house.look(Wake.START)
    house.device.active = type(house.device.active)("backup", 80.0)

    await house.look(Wake.PULSE)
    house.clock.move(minutes=10)
    attempt = await house.look(Wake.PULSE)

    assert attempt.outcome is Outcome.CONFIRMED
    assert "Backup-only, 80 %" in house.reasons()["other_writer"]
    house.clock.move(hours=25)
    assert "other_writer" not in house.reasons()


async def test_a_setting_that_is_never_read_back_is_written_ever_more_seldom(house: Home) -> None:
    """A deaf gateway was written to every 35 seconds for as long as it was deaf."""
    house.device.deaf = True
    await house.look(Wake.START)
    began = house.clock.elapsed
    while house.clock.elapsed - began < 3600:
        await house.next(Wake.RETRY, Wake.CONFIRM)

    assert 20 < house.writes < 60


async def test_a_gateway_that_answers_and_cannot_be_read_is_told(house: Home) -> None:
    """It said 503 for hours, and the state said that all was well."""
    await house.look(Wake.START)
    assert house.controller.wish.done
    house.device.fails("read", *[GatewayBusyError("It is busy.") for _ in range(5)])
    for _ in range(4):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)

    assert "It is busy." in house.reasons()["unread"]
    for _ in range(2):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)
    assert "unread" not in house.reasons()
